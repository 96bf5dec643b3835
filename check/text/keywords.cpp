#include "check/text/keywords.hpp"

#include <algorithm>
#include <cstring>

namespace dynascale::check {
namespace {

constexpr std::size_t pairs = 65536;

bool is_word(char c) {
  const auto lower = static_cast<unsigned char>(c) | 0x20U;
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t pair_at(const char* text) {
  return static_cast<unsigned char>(text[0]) | static_cast<std::size_t>(static_cast<unsigned char>(text[1])) << 8U;
}

}  // namespace

Keywords::Keywords(std::vector<std::string> words) : words_{std::move(words)} {
  build();
}

void Keywords::build() {
  for (const auto& word : words_) {
    if (word.size() < 2) continue;
    window_ = window_ == 0 ? word.size() : std::min(window_, word.size());
  }
  if (window_ == 0) return;
  window_ = std::min<std::size_t>(window_, 255);
  jump_.assign(pairs, static_cast<std::uint8_t>(window_ - 1));
  bucket_of_.assign(pairs, 0);
  buckets_.resize(1);
  for (std::uint32_t index = 0; index < words_.size(); ++index) {
    const auto& word = words_[index];
    if (word.size() < 2) continue;
    for (std::size_t i = 0; i + 2 <= window_; ++i) {
      auto& jump = jump_[pair_at(word.data() + i)];
      jump = std::min(jump, static_cast<std::uint8_t>(window_ - 2 - i));
    }
    auto& bucket = bucket_of_[pair_at(word.data() + window_ - 2)];
    if (bucket == 0) {
      bucket = static_cast<std::uint16_t>(buckets_.size());
      buckets_.emplace_back();
    }
    buckets_[bucket].push_back(index);
  }
}

bool Keywords::stands_alone(std::string_view text, std::size_t begin, std::size_t end) const {
  const bool left = begin == 0 || !is_word(text[begin]) || !is_word(text[begin - 1]);
  const bool right = end >= text.size() || !is_word(text[end - 1]) || !is_word(text[end]);
  return left && right;
}

void Keywords::match_at(std::string_view text, std::size_t begin, std::vector<Hit>& hits) const {
  for (const auto keyword : buckets_[bucket_of_[pair_at(text.data() + begin + window_ - 2)]]) {
    const auto& word = words_[keyword];
    if (word.size() > text.size() - begin || word[0] != text[begin]) continue;
    if (std::memcmp(word.data(), text.data() + begin, word.size()) != 0) continue;
    if (stands_alone(text, begin, begin + word.size())) hits.push_back({keyword, begin});
  }
}

std::vector<Keywords::Hit> Keywords::find(std::string_view text, std::size_t limit) const {
  std::vector<Hit> hits;
  if (window_ == 0 || text.size() < window_) return hits;
  const auto last = text.size() - window_;
  for (std::size_t begin = 0; begin <= last;) {
    const auto jump = jump_[pair_at(text.data() + begin + window_ - 2)];
    if (jump != 0) {
      begin += jump;
      continue;
    }
    match_at(text, begin, hits);
    if (hits.size() >= limit) {
      hits.resize(limit);
      return hits;
    }
    ++begin;
  }
  return hits;
}

}  // namespace dynascale::check
