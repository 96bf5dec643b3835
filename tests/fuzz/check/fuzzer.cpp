/// Entry of libFuzzer. Build: cmake --preset fuzz && cmake --build build/fuzz --target fuzz_check;
/// run: build/fuzz/bin/fuzz_check -max_len=4096 CORPUS tests/fuzz/corpus

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/check/parsers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  dynascale::check::fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}
