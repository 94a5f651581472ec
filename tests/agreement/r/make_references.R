# Writes references.json and data/*.csv: R's own fits of R's own data sets. Run by hand, from anywhere, without a network:
#   Rscript tests/agreement/r/make_references.R
# Made with R 4.2.2, MASS 7.3-58.2, nnet 7.3-18, sandwich 3.0-2, geepack 1.3.9; the JSON names what it was made with.
#
# R's glm and multinom stop early. Here each goes on from where it stopped by Newton's method on the log-likelihood below,
# whose derivatives R takes symbolically. glm is then run once more from there, so that everything it says (and all that
# sandwich makes of it) is of the last weights; `stopifnot` holds both to each other, at ten digits. se, z, p, cov and all
# of sandwich are of the expected information, as glm has it; se_observed is of the observed. loglik is R's logLik, with the
# binomial coefficients of grouped rows; kernel is without. glm_alone and glm_default are how far, in max(|coef|, se), glm
# stays from the maximum at epsilon 1e-15 and 1e-8.

suppressMessages({library(MASS); library(nnet); library(sandwich); library(geepack)})
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
cases <- list()

# --- what is written -----------------------------------------------------------------------------------------------

digits17 <- function(x) ifelse(is.na(x), "null", sprintf("%.17g", x))

json <- function(x, indent = "\n") {
  deeper <- paste0(indent, " ")
  if (is.list(x)) {
    inside <- paste0("\"", names(x), "\": ", vapply(x, json, "", indent = deeper))
    return(paste0("{", deeper, paste(inside, collapse = paste0(",", deeper)), indent, "}"))
  }
  if (is.matrix(x)) {
    rows <- apply(x, 1, function(row) paste0("[", paste(digits17(row), collapse = ", "), "]"))
    return(paste0("[", deeper, paste(rows, collapse = paste0(",", deeper)), indent, "]"))
  }
  text <- if (is.character(x)) paste0("\"", gsub("\"", "\\\\\"", x), "\"") else digits17(x)
  if (length(x) == 1 && is.null(attr(x, "vector"))) text else paste0("[", paste(text, collapse = ", "), "]")
}

vector <- function(x) structure(as.vector(x), vector = TRUE)  # a list of one number stays a list

write_data <- function(name, X, y, more = list()) {
  colnames(X) <- paste0("x", seq_len(ncol(X)) - 1)
  table <- as.data.frame(X)
  table[c("y", names(more))] <- c(list(y), more)
  table[] <- lapply(table, function(column) sprintf("%.17g", column))
  write.csv(table, file.path(here, "data", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

# --- one linear predictor ------------------------------------------------------------------------------------------

LOGLIK <- list(
  logit = quote(-y * log1p(exp(-eta)) - (1 - y) * log1p(exp(eta))),
  probit = quote(y * log(pnorm(eta)) + (1 - y) * log(pnorm(-eta))),
  cloglog = quote(y * log(-expm1(-exp(eta))) - (1 - y) * exp(eta))
)

inverse_gram <- function(X, w) {  # (X'WX)^-1, by QR without squaring the condition number
  found <- qr(X * sqrt(w), LAPACK = TRUE)
  inverse <- matrix(0, ncol(X), ncol(X))
  inverse[found$pivot, found$pivot] <- chol2inv(qr.R(found))
  inverse
}

# The maximum of the log-likelihood, its value there and the inverse of the observed information.
newton <- function(link, X, y, w, offset, b) {
  first <- D(LOGLIK[[link]], "eta"); second <- D(first, "eta")
  for (pass in 1:50) {
    eta <- drop(X %*% b) + offset
    inverse <- inverse_gram(X, -w * eval(second))
    step <- drop(inverse %*% crossprod(X, w * eval(first)))
    if (max(abs(step) / sqrt(diag(inverse))) < 1e-13) break
    b <- b + step
  }
  stopifnot(pass < 50)
  list(b = b, kernel = sum(w * eval(LOGLIK[[link]])), observed = inverse)
}

far <- function(a, b, unit = abs(b)) max(abs(a - b) / unit)

# name: data-link. rows: residuals and so on too. cluster, second: labels of the rows, for sandwich::vcovCL.
binary <- function(name, formula, data, link, trials = 1, offset = 0, cluster = NULL, second = NULL, rows = FALSE) {
  data$.trials <- rep_len(trials, nrow(data)); data$.offset <- rep_len(offset, nrow(data))
  run <- function(start) suppressWarnings(  # "non-integer #successes": shares times trials miss by a rounding
    glm(formula, binomial(link), data, weights = .trials, offset = .offset, start = start,
        control = glm.control(epsilon = 1e-15, maxit = 100)))
  own <- run(NULL)
  X <- model.matrix(own); y <- as.vector(own$y); w <- data$.trials
  exact <- newton(link, X, y, w, data$.offset, coef(own))
  fit <- run(exact$b)
  X <- unname(X); b <- unname(exact$b); observed <- sqrt(diag(exact$observed))
  expected <- sqrt(diag(inverse_gram(X, weights(fit, "working")))); se <- unname(sqrt(diag(vcov(fit))))
  stopifnot(far(coef(fit), b, pmax(abs(b), se)) < 1e-11, far(se, expected) < 1e-10)
  if (all(w == 1)) stopifnot(far(as.numeric(logLik(fit)), exact$kernel) < 1e-13)

  id <- sub("-[a-z]+$", "", name)
  more <- list()
  if (any(w != 1)) more$trials <- w
  if (any(data$.offset != 0)) more$offset <- data$.offset
  if (!is.null(cluster)) more$cluster <- as.integer(factor(cluster))
  if (!is.null(second)) more$second <- as.integer(factor(second))
  write_data(id, X, y, more)

  square <- function(V) unname(V)
  found <- list(
    data = id, link = link, formula = paste(deparse(formula, 500)), terms = vector(names(coef(fit))), nobs = nrow(X),
    coef = vector(b), se = vector(se), se_observed = vector(observed), z = vector(summary(fit)$coefficients[, 3]),
    p = vector(summary(fit)$coefficients[, 4]), loglik = as.numeric(logLik(fit)), kernel = exact$kernel,
    deviance = fit$deviance, null_deviance = fit$null.deviance, aic = fit$aic, cov = square(vcov(fit)),
    glm_alone = far(coef(own), b, pmax(abs(b), se)), glm_default = far(
      coef(suppressWarnings(update(own, start = NULL, control = glm.control()))), b, pmax(abs(b), se)))
  for (type in c("HC0", "HC1", "HC2", "HC3")) found[[type]] <- square(vcovHC(fit, type = type))
  # Two ways (multi0 = FALSE): V1 + V2 - V12, each with the G/(G-1) of its own clusters, the intersections' too; type HC1
  # multiplies all by (n-1)/(n-k).
  clustered <- function(by) list(
    clusters = vector(sapply(by, function(one) length(unique(one)))),
    default = square(vcovCL(fit, cluster = by)),  # HC0 with cadjust: G/(G-1), each way its own G
    none = square(vcovCL(fit, cluster = by, cadjust = FALSE)),
    HC1 = square(vcovCL(fit, cluster = by, type = "HC1")))
  if (!is.null(cluster)) found$one_way <- clustered(data.frame(cluster))
  if (!is.null(second)) found$two_ways <- clustered(data.frame(cluster, second))
  if (rows) {
    # R keeps means an epsilon from 0 and 1, so a row that is nearer has residuals of the wrong size: null here.
    clear <- function(x) vector(ifelse(pmin(fitted(fit), 1 - fitted(fit)) > 2 * .Machine$double.eps, x, NA))
    found$hat <- clear(hatvalues(fit)); found$cooks_distance <- clear(cooks.distance(fit))
    kinds <- c("response", "pearson", "deviance")
    found$residuals <- sapply(kinds, function(type) clear(residuals(fit, type)), simplify = FALSE)
    found$prediction <- sapply(c("link", "response"), function(type) {
      found <- predict(fit, data[1:5, ], type = type, se.fit = TRUE)
      list(fit = vector(found$fit), se = vector(found$se.fit))
    }, simplify = FALSE)
  }
  cases[[name]] <<- found
}

# --- several -------------------------------------------------------------------------------------------------------

probabilities <- function(X, theta, J) {
  eta <- cbind(0, X %*% matrix(theta, ncol(X), J - 1))
  P <- exp(eta - apply(eta, 1, max))
  P / rowSums(P)
}

# nnet's multinom, then Newton's method on the exact log-likelihood; coefficients class by class, the first is the base.
several <- function(name, formula, data, weights = 1) {
  data$.w <- rep_len(weights, nrow(data)); w <- data$.w
  fit <- multinom(formula, data, weights = .w, reltol = 1e-15, maxit = 1000, trace = FALSE)
  X <- unname(model.matrix(formula, data)); attributes(X) <- list(dim = dim(X))
  y <- as.integer(model.response(model.frame(formula, data))); J <- max(y); p <- ncol(X); k <- J - 1
  own <- as.vector(t(coef(fit))); theta <- own
  hits <- (diag(J)[y, ])[, -1, drop = FALSE]
  for (pass in 1:50) {
    P <- probabilities(X, theta, J)
    H <- matrix(0, p * k, p * k)
    for (a in 1:k) for (b in 1:k)
      H[(a - 1) * p + 1:p, (b - 1) * p + 1:p] <- crossprod(X, w * P[, a + 1] * ((a == b) - P[, b + 1]) * X)
    step <- solve(H, as.vector(crossprod(X, w * (hits - P[, -1]))), tol = 0)
    if (max(abs(step) / sqrt(diag(solve(H, tol = 0)))) < 1e-12) break
    theta <- theta + step
  }
  stopifnot(pass < 50)
  se <- sqrt(diag(solve(H, tol = 0)))

  there <- fit  # nnet's own Hessian at the exact maximum
  layout <- matrix(0, p + 1, J); layout[-1, -1] <- matrix(theta, p, k)
  there$wts <- as.vector(layout); there$fitted.values <- P
  stopifnot(far(as.vector(t(coef(there))), theta) == 0)
  by_nnet <- function(object) unname(sqrt(diag(solve(nnet:::multinomHess(object, X), tol = 0))))
  stopifnot(far(by_nnet(there), se) < 1e-10)

  write_data(name, X, y - 1, if (any(w != 1)) list(weight = w) else list())
  shares <- tapply(w, y, sum) / sum(w)
  loglik <- sum(w * log(P[cbind(seq_along(y), y)]))
  cases[[name]] <<- list(
    data = name, link = "multinomial", formula = paste(deparse(formula, 500)), classes = vector(fit$lev),
    terms = vector(colnames(coef(fit))), nobs = length(y), coef = matrix(theta, p, k), se = matrix(se, p, k),
    cov = unname(solve(H, tol = 0)), loglik = loglik, null_loglik = sum(tapply(w, y, sum) * log(shares)),
    deviance = -2 * loglik, aic = -2 * loglik + 2 * p * k, probabilities = P[1:5, ],
    nnet = list(coef = matrix(own, p, k), se = matrix(by_nnet(fit), p, k),
                deviance = fit$deviance, coef_off = far(own, theta, pmax(abs(theta), se))),
    note = paste("nnet stops when its own criterion stands still; coef_off is how far, in max(|coef|, se), its estimates",
                 "are from the maximum that Newton's method reaches from there. se is nnet's own Hessian there."))
}

# --- the cases -----------------------------------------------------------------------------------------------------

for (link in names(LOGLIK)) {
  binary(paste0("birthwt-", link), low ~ age + lwt + factor(race) + smoke + ptl + ht + ui + ftv, birthwt, link,
         rows = link == "logit")
  binary(paste0("pima-", link), (type == "Yes") ~ npreg + glu + bp + skin + bmi + ped + age, Pima.tr, link)
  binary(paste0("menarche-", link), I(Menarche / Total) ~ Age, menarche, link, trials = menarche$Total, rows = TRUE)
  binary(paste0("exposed-", link), (type == "Yes") ~ npreg + glu + bmi + age, Pima.tr, link, offset = log(Pima.tr$ped),
         rows = link == "probit")
}
esoph$n <- esoph$ncases + esoph$ncontrols
binary("esoph-logit", I(ncases / n) ~ agegp + tobgp + alcgp, subset(esoph, n > 0), "logit",
       trials = esoph$n[esoph$n > 0], rows = TRUE)
# The strata were matched on age: clusters within clusters, whose intersections are the strata again.
binary("infert-logit", case ~ age + parity + education + spontaneous + induced, infert, "logit",
       cluster = infert$stratum, second = infert$age)
data(ohio)
binary("ohio-logit", resp ~ age * smoke, ohio, "logit", cluster = ohio$id)
gee <- geeglm(resp ~ age * smoke, binomial, ohio, id = id, corstr = "independence", control = geese.control(epsilon = 1e-14))
cases[["ohio-logit"]]$geeglm_se <- vector(summary(gee)$coefficients[, 2])
data(PetersenCL, package = "sandwich")  # firms by years, crossed
firms <- subset(PetersenCL, firm <= 100)
for (link in c("logit", "probit")) {
  binary(paste0("petersen-", link), (y > 0) ~ x, firms, link, cluster = firms$firm, second = firms$year)
}

several("housing", Sat ~ Infl + Type + Cont, housing, housing$Freq)
several("race", factor(race) ~ age + lwt + smoke, birthwt)
several("iris", Species ~ Sepal.Width, iris)  # the other columns separate setosa
several("glass", type ~ RI + Na, fgl)  # six classes

packages <- c("MASS", "nnet", "sandwich", "geepack")
version <- function(package) as.character(packageVersion(package))
versions <- c(list(R = R.version.string), sapply(packages, version, simplify = FALSE))
writeLines(json(list(versions = versions, cases = cases)), file.path(here, "references.json"))
