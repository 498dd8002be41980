// Prints the sums of Sums.swift, one a line.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

extern uint64_t kernel_sum(int32_t group);

int main(void) {
  for (int32_t group = 0; group < 13; group++) printf("%2d %016" PRIx64 "\n", group, kernel_sum(group));
  return 0;
}
