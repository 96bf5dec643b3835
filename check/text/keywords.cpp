#include "check/text/keywords.hpp"

#include <deque>

namespace dynascale::check {
namespace {

bool is_word(char c) {
  const auto lower = static_cast<unsigned char>(c) | 0x20U;
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

Keywords::Keywords(std::vector<std::string> words) : words_{std::move(words)} {
  build();
}

void Keywords::build() {
  for (const auto& word : words_) {
    for (const char c : word) {
      auto& id = class_[static_cast<unsigned char>(c)];
      if (id == 0) id = static_cast<std::uint8_t>(classes_++);
    }
  }
  std::vector<std::vector<std::int32_t>> trie(1, std::vector<std::int32_t>(classes_, -1));
  output_.resize(1);
  for (std::uint32_t index = 0; index < words_.size(); ++index) {
    std::size_t state = 0;
    for (const char c : words_[index]) {
      const auto id = class_[static_cast<unsigned char>(c)];
      if (trie[state][id] < 0) {
        trie[state][id] = static_cast<std::int32_t>(trie.size());
        trie.emplace_back(classes_, -1);
        output_.emplace_back();
      }
      state = static_cast<std::size_t>(trie[state][id]);
    }
    output_[state].push_back(index);
  }
  std::vector<std::size_t> fallback(trie.size(), 0);
  std::deque<std::size_t> queue;
  next_.assign(trie.size() * classes_, 0);
  for (std::size_t c = 0; c < classes_; ++c) {
    if (trie[0][c] > 0) queue.push_back(static_cast<std::size_t>(trie[0][c]));
    next_[c] =
        static_cast<std::uint32_t>(trie[0][c] > 0 ? static_cast<std::size_t>(trie[0][c]) * classes_ : 0);
  }
  while (!queue.empty()) {
    const auto state = queue.front();
    queue.pop_front();
    const auto& more = output_[fallback[state]];
    output_[state].insert(output_[state].end(), more.begin(), more.end());
    for (std::size_t c = 0; c < classes_; ++c) {
      const auto inherited = next_[fallback[state] * classes_ + c];
      if (trie[state][c] > 0) {
        const auto child = static_cast<std::size_t>(trie[state][c]);
        fallback[child] = inherited / classes_;
        next_[state * classes_ + c] = static_cast<std::uint32_t>(child * classes_);
        queue.push_back(child);
      } else {
        next_[state * classes_ + c] = inherited;
      }
    }
  }
  ends_.resize(output_.size());
  for (std::size_t state = 0; state < output_.size(); ++state) ends_[state] = !output_[state].empty();
}

bool Keywords::stands_alone(std::string_view text, std::size_t begin, std::size_t end) const {
  const bool left = begin == 0 || !is_word(text[begin]) || !is_word(text[begin - 1]);
  const bool right = end >= text.size() || !is_word(text[end - 1]) || !is_word(text[end]);
  return left && right;
}

std::vector<Keywords::Hit> Keywords::find(std::string_view text, std::size_t limit) const {
  std::vector<Hit> hits;
  std::uint32_t state = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    state = next_[state + class_[static_cast<unsigned char>(text[i])]];
    if (state == 0) continue;
    const auto number = state / classes_;
    if (ends_[number] == 0) continue;
    for (const auto keyword : output_[number]) {
      const auto begin = i + 1 - words_[keyword].size();
      if (!stands_alone(text, begin, i + 1)) continue;
      hits.push_back({keyword, begin});
      if (hits.size() >= limit) return hits;
    }
  }
  return hits;
}

}  // namespace dynascale::check
