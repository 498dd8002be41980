#ifndef NCF_PROCESSOR_H
#define NCF_PROCESSOR_H

#if defined(__x86_64__)
#include <cpuid.h>
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
#elif defined(__aarch64__)
  unsigned long long control;
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(control));
  __asm__ __volatile__("msr fpcr, %0" : : "r"(control | 1ull << 24));
#endif
}

#if defined(__x86_64__)
/// Whether bits of a register that CPUID fills are all set: leaf, subleaf, register (0 to 3 for A to D).
static inline int processor_has(unsigned leaf, unsigned subleaf, int place, unsigned bits) {
  unsigned registers[4];
  if (!__get_cpuid_count(leaf, subleaf, &registers[0], &registers[1], &registers[2], &registers[3]))
    return 0;
  return (registers[place] & bits) == bits;
}

/// Whether the system keeps the registers that some bits of XCR0 name.
static inline int processor_keeps(unsigned bits) {
  unsigned low, high;
  __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & bits) == bits;
}
#endif

/// The widest registers in bits that kernels may use here: 0, 128, 256 or 512.
///
/// On x86-64 128 takes the level v2 with AVX and FMA, 256 all of v3, 512 all of v4 (System V ABI, table
/// "Micro-Architecture Levels"); on arm64 it is 128.
static inline int processor_vector_bits(void) {
#if defined(__x86_64__)
  // v2: SSE3, SSSE3, FMA, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT, and OSXSAVE and AVX; LAHF.
  const unsigned second = 1u << 0 | 1u << 9 | 1u << 12 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23 |
                          1u << 27 | 1u << 28;
  if (!processor_has(1, 0, 2, second) || !processor_keeps(0x6)) return 0;
  if (!processor_has(0x80000001, 0, 2, 1u << 0)) return 0;
  // v3: MOVBE, F16C; LZCNT; BMI1, AVX2, BMI2.
  if (!processor_has(1, 0, 2, 1u << 22 | 1u << 29)) return 128;
  if (!processor_has(0x80000001, 0, 2, 1u << 5)) return 128;
  if (!processor_has(7, 0, 1, 1u << 3 | 1u << 5 | 1u << 8)) return 128;
  // v4: AVX-512 F, DQ, CD, BW, VL.
  if (!processor_has(7, 0, 1, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31)) return 256;
  return processor_keeps(0xE6) ? 512 : 256;
#else
  return 128;
#endif
}

/// Writes the name that the processor gives itself, at most 48 characters and a zero, to `name`.
static inline void processor_name(char name[49]) {
  name[0] = 0;
#if defined(__x86_64__)
  unsigned registers[12];
  for (unsigned part = 0; part < 3; part++)
    if (!__get_cpuid(0x80000002 + part, &registers[4 * part], &registers[4 * part + 1],
                     &registers[4 * part + 2], &registers[4 * part + 3]))
      return;
  __builtin_memcpy(name, registers, 48);
  name[48] = 0;
#endif
}

/// Asks for a cache line that will be needed soon; harmless wherever it points.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

typedef float processor_float4 __attribute__((ext_vector_type(4)));
typedef float processor_float8 __attribute__((ext_vector_type(8)));
typedef float processor_float16 __attribute__((ext_vector_type(16)));

// Square roots of some numbers at once; Swift's own takes them one by one.
static inline processor_float4 processor_square_roots_4(processor_float4 values) {
  return __builtin_elementwise_sqrt(values);
}

static inline processor_float8 processor_square_roots_8(processor_float8 values) {
  return __builtin_elementwise_sqrt(values);
}

static inline processor_float16 processor_square_roots_16(processor_float16 values) {
  return __builtin_elementwise_sqrt(values);
}

#endif
