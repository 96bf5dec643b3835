#include "ctl/simulate/tune/walk_forward.hpp"

#include <gtest/gtest.h>

namespace dynascale::simulate {
namespace {

Pieces costs(std::initializer_list<double> costs) {
  Pieces pieces;
  for (const double cost : costs) pieces.push_back(Tally{.cost = cost});
  return pieces;
}

TEST(WalkForward, JudgesEachPieceByWhatThePastChose) {
  const Trials trials{{costs({10, 10, 10, 10})}, {costs({5, 8, 20, 6})}, {costs({9, 1, 1, 7})}};
  const auto result = walk_forward(trials);
  EXPECT_EQ(result.chosen, (std::vector<std::size_t>{1, 2, 2}));
  EXPECT_DOUBLE_EQ(result.before.cost, 30);
  EXPECT_DOUBLE_EQ(result.after.cost, 8 + 1 + 7);
  EXPECT_DOUBLE_EQ(result.cost_ratio, 16.0 / 30);
  EXPECT_EQ(result.recommended, 2U);
}

TEST(WalkForward, KeepsWhatIsInForceWhenThePastMisleads) {
  const Trials trials{{costs({10, 10, 10})}, {costs({5, 30, 5})}, {costs({6, 9, 30})}};
  const auto result = walk_forward(trials);
  EXPECT_GT(result.cost_ratio, 1);
  EXPECT_EQ(result.recommended, 0U);
}

TEST(WalkForward, KeepsWhatIsInForceForAGainThatIsNoise) {
  const Trials trials{{costs({10, 10, 10})}, {costs({9.99, 9.99, 9.99})}};
  EXPECT_EQ(walk_forward(trials).recommended, 0U);
}

TEST(WalkForward, GivesEachSeriesOneVote) {
  const Trials trials{{costs({1, 1}), costs({1, 1}), costs({1000, 1000})},
                      {costs({0.5, 0.5}), costs({0.5, 0.5}), costs({1500, 1500})}};
  EXPECT_EQ(walk_forward(trials).chosen.front(), 1U);
}

TEST(WalkForward, PiecesAreEqualAndHoldEveryStep) {
  EXPECT_EQ(piece_begin(103, 5, 0), 0U);
  EXPECT_EQ(piece_begin(103, 5, 5), 103U);
  for (std::size_t piece = 0; piece < 5; ++piece) {
    const auto length = piece_begin(103, 5, piece + 1) - piece_begin(103, 5, piece);
    EXPECT_TRUE(length == 20 || length == 21);
  }
}

}  // namespace
}  // namespace dynascale::simulate
