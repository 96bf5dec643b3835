#include "check/text/keywords.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dynascale::check {
namespace {

using Found = std::vector<std::pair<std::size_t, std::uint32_t>>;

Found found(const Keywords& keywords, std::string_view text) {
  Found out;
  for (const auto& hit : keywords.find(text, 10000)) out.emplace_back(hit.offset, hit.keyword);
  std::sort(out.begin(), out.end());
  return out;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The obvious way, to compare with.
Found search(const std::vector<std::string>& words, std::string_view text) {
  Found out;
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const auto end = at + word.size();
      const bool left = at > 0 && is_word(word.front()) && is_word(text[at - 1]);
      const bool right = end < text.size() && is_word(word.back()) && is_word(text[end]);
      if (!left && !right) out.emplace_back(at, i);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(KeywordsTest, FindsWholeWordsOnly) {
  const Keywords keywords{{"nproc", "cpu_count", "/proc/cpuinfo"}};
  EXPECT_EQ(found(keywords, "nproc unprocessed nproc"), (Found{{0, 0}, {18, 0}}));
  EXPECT_EQ(found(keywords, "os.cpu_count()"), (Found{{3, 1}}));
  EXPECT_EQ(found(keywords, "\"/proc/cpuinfo\""), (Found{{1, 2}}));
  EXPECT_TRUE(found(keywords, "npro").empty());
  EXPECT_TRUE(found(keywords, "").empty());
}

TEST(KeywordsTest, StopsAtTheLimit) {
  const Keywords keywords{{"ab"}};
  EXPECT_EQ(keywords.find("ab ab ab ab", 2).size(), 2U);
  EXPECT_TRUE(Keywords{{}}.find("ab", 2).empty());
}

TEST(KeywordsTest, AgreesWithTheObviousSearch) {
  const auto seed = std::random_device{}();
  std::mt19937 random{seed};
  const auto text_of = [&](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back("ab_.( \xff"[random() % 7]);
    return text;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> words;
    for (int i = 0; i < 6; ++i) {
      const auto word = text_of(2 + random() % 5);
      if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
    const auto text = text_of(random() % 120);
    ASSERT_EQ(found(Keywords{words}, text), search(words, text)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dynascale::check
