#include "adapters/argv.hpp"

#include <gtest/gtest.h>

namespace dynascale {
namespace {

using Words = std::vector<std::string>;

TEST(OptionValue, TakesEveryWayToWriteAnOption) {
  for (const auto& argv : {Words{"x", "--workers", "3"}, Words{"x", "--workers=3"}, Words{"x", "-w", "3"},
                           Words{"x", "-w3"}, Words{"-w", "1", "-w=3"}})
    EXPECT_EQ(option_value(argv, {"-w", "--workers"}), "3");
}

TEST(OptionValue, IsAbsentWithoutAValue) {
  for (const auto& argv : {Words{}, Words{"--workers"}, Words{"--workers-x=3"}, Words{"w", "3"}})
    EXPECT_FALSE(option_value(argv, {"--workers", "-w"}));
}

TEST(HasFlag, MatchesWholeWords) {
  const Words argv{"x", "--preload"};
  EXPECT_TRUE(has_flag(argv, {"--preload"}));
  EXPECT_FALSE(has_flag(argv, {"--pre"}));
}

TEST(BaseName, IsWhatFollowsTheLastSlash) {
  EXPECT_EQ(base_name("/usr/bin/x"), "x");
  EXPECT_EQ(base_name("x"), "x");
}

}  // namespace
}  // namespace dynascale
