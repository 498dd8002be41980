#ifndef NCF_PROCESSOR_H
#define NCF_PROCESSOR_H

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// Tells the processor that this is a spin loop.
static inline void processor_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/// Makes this thread treat denormal numbers as zero, in and out: they cost a hundred cycles each.
static inline void processor_flush_denormals(void) {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

/// Whether the processor can run kernels that were built for x86-64-v3 (always true elsewhere).
static inline int processor_runs_kernels(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi2");
#else
  return 1;
#endif
}

/// Whether OpenBLAS has kernels for this processor that are wider than x86-64-v3 (or its own elsewhere).
static inline int processor_has_wide_vectors(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
#else
  return 1;
#endif
}

/// Asks for a cache line that will be needed soon; harmless wherever it points.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

typedef float processor_float8 __attribute__((ext_vector_type(8)));

/// Eight square roots at once; Swift's own takes them one by one.
static inline processor_float8 processor_square_roots(processor_float8 values) {
  return __builtin_elementwise_sqrt(values);
}

#endif
