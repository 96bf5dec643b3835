#pragma once
/// The last values of a series, newest first and contiguous, so that "value at lag k" is `data()[k]` and
/// loops over lags vectorise. Fixed memory.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace dynascale::predict {

class History {
 public:
  /// Keeps at least `capacity` values.
  explicit History(std::size_t capacity)
      : capacity_{capacity}, values_(capacity + capacity / slack + 1), begin_{values_.size()} {}

  /// Amortised constant: every capacity/slack pushes, all values move once.
  void push(float value) {
    if (begin_ == 0) {
      const std::size_t keep = capacity_ - 1;
      std::copy_backward(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(keep), values_.end());
      begin_ = values_.size() - keep;
    }
    values_[--begin_] = value;
  }
  [[nodiscard]] std::size_t size() const { return std::min(values_.size() - begin_, capacity_); }
  [[nodiscard]] const float* data() const { return values_.data() + begin_; }
  [[nodiscard]] float at(std::size_t lag) const { return data()[lag]; }
  [[nodiscard]] static std::size_t bytes(std::size_t capacity) {
    return (capacity + capacity / slack + 1) * sizeof(float);
  }

 private:
  static constexpr std::size_t slack = 8;  ///< One eighth more memory than values.
  std::size_t capacity_;
  std::vector<float> values_;
  std::size_t begin_;
};

}  // namespace dynascale::predict
