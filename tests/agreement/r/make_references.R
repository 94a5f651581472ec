# Writes references.json and data/*.csv: R's own fits of R's own data sets, for test_r.py. Run by hand, in this folder:
#   Rscript make_references.R        (needs MASS, nnet, sandwich, geepack, jsonlite)
# R's default stops early and gives its standard errors five digits; epsilon 1e-15 and one more start give them all.

suppressMessages({library(MASS); library(nnet); library(sandwich); library(geepack); library(jsonlite)})
options(digits = 17)
strict <- glm.control(epsilon = 1e-15, maxit = 100)
cases <- list()

write_data <- function(name, X, y, more = list()) {
  colnames(X) <- paste0("x", seq_len(ncol(X)) - 1)
  table <- cbind(as.data.frame(X), y = y, as.data.frame(more))
  write.csv(format(table, digits = 17, trim = TRUE), file.path("data", paste0(name, ".csv")), row.names = FALSE,
            quote = FALSE)
}

# The kernel of the log-likelihood: without the binomial coefficients of grouped data.
kernel <- function(fit, y, trials) {
  p <- fitted(fit)
  sum(trials * (ifelse(y > 0, y * log(p), 0) + ifelse(y < 1, (1 - y) * log1p(-p), 0)))
}

binary <- function(name, formula, data, link, trials = NULL, cluster = NULL, second = NULL, rows = FALSE) {
  data$trials_ <- if (is.null(trials)) rep(1, nrow(data)) else trials
  fit <- suppressWarnings(glm(formula, binomial(link), data, weights = trials_, control = strict))
  for (again in 1:50) {  # without the canonical link Fisher's scoring gains a digit or two a time, and stops early
    before <- coef(fit)
    fit <- suppressWarnings(glm(formula, binomial(link), data, weights = trials_, control = strict, start = before))
    if (max(abs(coef(fit) - before)) < 1e-14) break
  }
  X <- model.matrix(fit); y <- fit$y
  id <- sub("-.*", "", name)
  more <- list(trials = data$trials_)
  if (!is.null(cluster)) more$cluster <- as.integer(factor(cluster))
  if (!is.null(second)) more$second <- as.integer(factor(second))
  write_data(id, X, y, more)
  found <- list(data = id, link = link, coef = unname(coef(fit)), se = unname(sqrt(diag(vcov(fit)))),
                loglik = kernel(fit, y, data$trials_), deviance = fit$deviance)
  if (is.null(trials)) {
    for (type in c("HC0", "HC1", "HC2", "HC3")) found[[type]] <- unname(sqrt(diag(vcovHC(fit, type = type))))
  }
  if (!is.null(cluster)) {
    found$cluster_groups <- unname(sqrt(diag(vcovCL(fit, cluster = cluster, type = "HC0", cadjust = TRUE))))
    found$cluster_none <- unname(sqrt(diag(vcovCL(fit, cluster = cluster, type = "HC0", cadjust = FALSE))))
  }
  if (!is.null(second)) {
    both <- data.frame(cluster, second)
    found$two_ways <- unname(sqrt(diag(vcovCL(fit, cluster = both, type = "HC0", cadjust = TRUE, multi0 = FALSE))))
  }
  if (rows) {
    new <- data[1:5, ]
    found$hat <- unname(hatvalues(fit)); found$cook <- unname(cooks.distance(fit))
    for (type in c("response", "pearson", "deviance")) found[[paste0("residual_", type)]] <- unname(residuals(fit, type = type))
    for (type in c("link", "response")) {
      p <- predict(fit, new, type = type, se.fit = TRUE)
      found[[paste0("predict_", type)]] <- unname(p$fit); found[[paste0("predict_", type, "_se")]] <- unname(p$se.fit)
    }
  }
  cases[[name]] <<- found
}

# nnet stops early; Newton's method on the exact likelihood goes on from where it stopped.
several <- function(name, formula, data, weights) {
  data$w_ <- weights
  fit <- multinom(formula, data, weights = w_, reltol = 1e-15, maxit = 1000, Hess = FALSE, trace = FALSE)
  frame <- model.frame(formula, data); X <- model.matrix(formula, data)
  y <- as.integer(model.response(frame)); J <- max(y); p <- ncol(X); k <- J - 1
  start <- as.vector(t(coef(fit))); theta <- start
  for (pass in 1:50) {
    eta <- cbind(0, X %*% matrix(theta, p, k)); P <- exp(eta - apply(eta, 1, max)); P <- P / rowSums(P)
    D <- diag(J)[y, ]
    g <- as.vector(t(X) %*% (weights * (D - P)[, -1, drop = FALSE]))
    H <- matrix(0, p * k, p * k)
    for (a in 1:k) for (b in 1:k) {
      w <- weights * P[, a + 1] * ((a == b) - P[, b + 1])
      H[(a - 1) * p + 1:p, (b - 1) * p + 1:p] <- t(X) %*% (w * X)
    }
    step <- solve(H, g); theta <- theta + step
    if (max(abs(step)) < 1e-14) break
  }
  write_data(name, X, y - 1, list(weight = weights))
  cases[[name]] <<- list(data = name, link = "multinomial", coef = theta, se = sqrt(diag(solve(H))),
    loglik = sum(weights * log(P[cbind(seq_along(y), y)])), nnet = start)
}

for (link in c("logit", "probit", "cloglog")) {
  binary(paste0("birthwt-", link), low ~ age + lwt + factor(race) + smoke + ptl + ht + ui + ftv, birthwt, link,
         rows = link == "logit")
  binary(paste0("pima-", link), (type == "Yes") ~ npreg + glu + bp + skin + bmi + ped + age, Pima.tr, link)
  binary(paste0("menarche-", link), I(Menarche / Total) ~ Age, menarche, link, trials = menarche$Total)
}
binary("infert-logit", case ~ age + parity + education + spontaneous + induced, infert, "logit",
       cluster = infert$stratum, second = infert$age)
grouped <- subset(transform(esoph, n = ncases + ncontrols), n > 0)
binary("esoph-logit", I(ncases / n) ~ agegp + tobgp + alcgp, grouped, "logit", trials = grouped$n)
data(ohio)
binary("ohio-logit", resp ~ age * smoke, ohio, "logit", cluster = ohio$id)
several("housing", Sat ~ Infl + Type + Cont, housing, housing$Freq)
several("race", factor(race) ~ age + lwt + smoke, birthwt, rep(1, nrow(birthwt)))

versions <- c(R = as.character(getRversion()),
              sapply(c("MASS", "nnet", "sandwich", "geepack"), function(p) as.character(packageVersion(p))))
writeLines(toJSON(list(versions = as.list(versions), cases = cases), digits = NA, auto_unbox = TRUE, pretty = TRUE),
           "references.json")
