#include <cblas.h>

/// Factors a positive definite `a` by Cholesky (LAPACK's SPOTRF), in column-major order.
///
/// Debian's OpenBLAS brings the routine but no header for it. `uplo` says which triangle of `a` is
/// read and overwritten with the factor; `info` is 0, or the order of the minor that is not positive.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
