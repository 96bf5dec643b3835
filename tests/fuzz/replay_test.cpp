/// Runs every fuzzer over its corpus, cut short at every place up to a bound, and over bytes that no corpus has.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "fuzzers.hpp"

namespace dynascale::fuzz {

/// The name of a test must not hold addresses.
void PrintTo(const Fuzzer& fuzzer, std::ostream* out) { *out << fuzzer.name; }

namespace {

std::vector<std::string> corpus_of(std::string_view name) {
  std::vector<std::string> inputs;
  const auto folder = std::filesystem::path{DYNASCALE_SOURCE_DIR} / "tests/fuzz/corpus" / name;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    std::ostringstream text;
    text << std::ifstream{entry.path(), std::ios::binary}.rdbuf();
    inputs.push_back(text.str());
  }
  return inputs;
}

class Replay : public ::testing::TestWithParam<Fuzzer> {};

TEST_P(Replay, HoldsOnItsCorpus) {
  const auto inputs = corpus_of(GetParam().name);
  ASSERT_FALSE(inputs.empty());
  for (const auto& input : inputs) GetParam().run(input);
}

TEST_P(Replay, HoldsOnTruncatedAndAlteredInputs) {
  std::mt19937 random{20260101};
  for (const auto& input : corpus_of(GetParam().name)) {
    for (std::size_t length = 0; length < std::min<std::size_t>(input.size(), 64); ++length)
      GetParam().run(std::string_view{input}.substr(0, length));
    for (int round = 0; round < 64 && !input.empty(); ++round) {
      std::string altered = input;
      for (int change = 0; change < 3; ++change) altered[random() % altered.size()] = static_cast<char>(random());
      GetParam().run(altered);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzzers, Replay, ::testing::ValuesIn(all),
                         [](const auto& fuzzer) { return std::string{fuzzer.param.name}; });

}  // namespace
}  // namespace dynascale::fuzz
