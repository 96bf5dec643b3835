#include <gtest/gtest.h>

#include <random>

#include "core/wire/codec.hpp"

namespace dynascale::wire {
namespace {

/// Everything that the reader has now: lines, and "!" for a dropped one.
std::vector<std::string> drain(LineReader& reader) {
  std::vector<std::string> lines;
  while (auto line = reader.next()) lines.push_back(*line ? **line : std::string{"!"});
  return lines;
}

TEST(LineReader, GivesWholeLinesOnly) {
  LineReader reader;
  reader.feed("one\ntw");
  EXPECT_EQ(drain(reader), std::vector<std::string>{"one"});
  reader.feed("o\n\n\nthree\n");
  EXPECT_EQ(drain(reader), (std::vector<std::string>{"two", "three"}));
}

TEST(LineReader, DropsALongLineOnceAndGoesOn) {
  LineReader reader;
  std::vector<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    reader.feed(std::string(4096, 'x'));
    for (auto& line : drain(reader)) seen.push_back(line);
    EXPECT_LE(reader.pending(), max_line + 4096);
  }
  reader.feed("tail\nnext\n");
  for (auto& line : drain(reader)) seen.push_back(line);
  EXPECT_EQ(seen, (std::vector<std::string>{"!", "next"}));
}

TEST(LineReader, TakesTheLongestLineThatIsAllowed) {
  LineReader reader;
  reader.feed(std::string(max_line - 1, 'x') + "\n" + std::string(max_line, 'y') + "\nz\n");
  const auto lines = drain(reader);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].size(), max_line - 1);
  EXPECT_EQ(lines[1], "!");
  EXPECT_EQ(lines[2], "z");
}

TEST(LineReader, DoesNotCareHowTheBytesWereCut) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 30; ++round) {
    std::string stream;
    for (int i = 0; i < 12; ++i) {
      const auto length = random() % 4 == 0 ? max_line - 2 + random() % 5 : random() % 200;
      stream += std::string(length, static_cast<char>('a' + i)) + "\n";
    }
    LineReader whole;
    whole.feed(stream);
    const auto expected = drain(whole);
    LineReader cut;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < stream.size();) {
      const auto size = 1 + random() % (random() % 2 == 0 ? 10 : 100000);
      cut.feed(std::string_view{stream}.substr(at, size));
      at += size;
      for (auto& line : drain(cut)) seen.push_back(line);
    }
    ASSERT_EQ(seen, expected);
  }
}

TEST(NextMessage, DecodesLinesAndTellsOfBadOnes) {
  LineReader reader;
  reader.feed("\n{\"type\":\"heartbeat\",\"sequence\":9}\nnonsense\n{\"type\":\"sync\"");
  const auto first = next_message(reader);
  ASSERT_TRUE(first && first->has_value());
  EXPECT_TRUE(std::holds_alternative<Heartbeat>(**first));
  const auto second = next_message(reader);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error().code, Errc::corrupt);
  EXPECT_FALSE(next_message(reader)) << "the third line is not whole";
}

}  // namespace
}  // namespace dynascale::wire
