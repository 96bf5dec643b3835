#pragma once
/// Finds many keywords in one pass over a text (Aho and Corasick 1975, as a full transition table over byte
/// classes), so that a file without any keyword costs one look at each byte. Immutable once built:
/// thread-safe.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

class Keywords {
 public:
  struct Hit {
    std::uint32_t keyword;  ///< Index into the words given to the constructor.
    std::size_t offset;     ///< Of the first byte.
  };

  explicit Keywords(std::vector<std::string> words);

  /// Every whole-word occurrence, at most `limit` of them. A word's neighbours must not be word characters.
  [[nodiscard]] std::vector<Hit> find(std::string_view text, std::size_t limit) const;
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }

 private:
  void build();
  [[nodiscard]] bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) const;

  std::vector<std::string> words_;
  std::array<std::uint8_t, 256> class_{};
  std::size_t classes_ = 1;
  std::vector<std::uint32_t> next_;                 ///< State times classes_ + class -> state * classes_.
  std::vector<std::vector<std::uint32_t>> output_;  ///< State -> keywords that end there.
  std::vector<std::uint8_t> ends_;                  ///< State -> whether output_ is not empty.
};

}  // namespace dynascale::check
