/// The fuzzer's corpus, every choice of parser, and mutants of it: what it once found stays found.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/fuzz/check/parsers.hpp"

namespace dynascale::check {
namespace {

std::vector<std::string> corpus() {
  std::vector<std::string> out;
  for (const auto& entry :
       std::filesystem::directory_iterator{std::filesystem::path{DYNASCALE_SOURCE_DIR} / "tests/fuzz/check/corpus"}) {
    std::ifstream file{entry.path(), std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    out.push_back(text.str());
  }
  return out;
}

TEST(CheckFuzzReplay, EveryInputThroughEveryParser) {
  const auto inputs = corpus();
  ASSERT_GE(inputs.size(), 8U);
  for (auto input : inputs) {
    for (int choice = 0; choice < 256; ++choice) {
      input.front() = static_cast<char>(choice);
      fuzz_one(input);
    }
  }
}

TEST(CheckFuzzReplay, MutantsBreakNoPromise) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random{seed};
  const auto inputs = corpus();
  for (int round = 0; round < 20000; ++round) {
    auto input = inputs[random() % inputs.size()];
    for (auto changes = random() % 8; changes > 0 && !input.empty(); --changes) {
      const auto at = random() % input.size();
      if (random() % 2 == 0)
        input[at] = static_cast<char>(random());
      else if (random() % 2 == 0)
        input.erase(at, random() % 9);
      else
        input.insert(at, input.substr(random() % input.size(), random() % 30));
    }
    fuzz_one(input);
  }
}

}  // namespace
}  // namespace dynascale::check
