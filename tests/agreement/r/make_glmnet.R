# Writes glmnet.json: elastic nets by glmnet on its own data and simulated ones, for test_glmnet.py; thresh is 1e-20, since at
# 1e-14 the residual of its stationarity conditions is still 1e-8 where columns outnumber rows. Run by
# hand, in this folder: Rscript make_glmnet.R        (needs glmnet, MASS, jsonlite)

suppressMessages({library(MASS); library(glmnet); library(jsonlite)})
options(digits = 17)
cases <- list()

net <- function(name, X, y, alpha, lambda, family, weights = rep(1, nrow(X)), factors = rep(1, ncol(X))) {
  fit <- glmnet(X, y, family = family, alpha = alpha, lambda = lambda, weights = weights, standardize = FALSE,
                penalty.factor = factors, thresh = 1e-20, maxit = 1e8)
  b <- coef(fit)
  coefs <- if (is.list(b)) lapply(unname(b), function(m) unname(as.matrix(m))) else list(unname(as.matrix(b)))
  cases[[name]] <<- list(X = unname(as.matrix(X)), y = as.integer(factor(y)) - 1, weights = weights, factors = factors,
                         alpha = alpha, lambda = lambda, coefs = coefs)
}

pima <- scale(as.matrix(Pima.tr[, 1:7]))
net("pima", pima, Pima.tr$type, 0.5, c(0.1, 0.02), "binomial")
net("pima, l2", pima, Pima.tr$type, 0, c(0.1, 0.02), "binomial")
low <- scale(as.matrix(birthwt[, c("age", "lwt", "smoke", "ptl", "ht", "ui", "ftv")]))
net("birthwt, weights and factors", low, birthwt$low, 1, c(0.05, 0.01), "binomial",
    weights = rep(c(1, 2, 0.5), length.out = 189), factors = c(0, 1, 1, 2, 1, 0.5, 1))
set.seed(1)
wide <- round(matrix(rnorm(40 * 120), 40), 3)
net("more columns than rows", wide, rbinom(40, 1, plogis(wide[, 1] - wide[, 2])), 0.9, c(0.2, 0.08), "binomial")
sparse <- round(matrix(rnorm(300 * 40), 300), 3) * matrix(rbinom(300 * 40, 1, 0.1), 300)
net("sparse", sparse, rbinom(300, 1, plogis(2 * sparse[, 1] - 2 * sparse[, 2])), 1, c(0.02, 0.005), "binomial")
net("iris, three classes", scale(as.matrix(iris[, 1:4])), iris$Species, 0.5, c(0.1, 0.02), "multinomial")
net("iris, weighted l2", scale(as.matrix(iris[, 1:4])), iris$Species, 0, c(0.1, 0.02), "multinomial",
    weights = rep(c(1, 3), length.out = 150))

versions <- list(R = as.character(getRversion()), glmnet = as.character(packageVersion("glmnet")))
writeLines(toJSON(list(versions = versions, cases = cases), digits = NA, auto_unbox = TRUE), "glmnet.json")
