#pragma once
/// Quantities with their unit in the type. No implicit conversion from or to raw numbers.

#include <fmt/format.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>

namespace dynascale {

/// A steady point in time. Decisions receive it as a parameter and never read a clock.
using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// An amount of memory. Unsigned: subtraction saturates at zero and says so in its name.
class Bytes {
 public:
  constexpr Bytes() = default;
  [[nodiscard]] static constexpr Bytes of(std::uint64_t count) { return Bytes{count}; }
  [[nodiscard]] static constexpr Bytes kib(std::uint64_t count) { return Bytes{count << 10U}; }
  [[nodiscard]] static constexpr Bytes mib(std::uint64_t count) { return Bytes{count << 20U}; }
  [[nodiscard]] static constexpr Bytes gib(std::uint64_t count) { return Bytes{count << 30U}; }
  [[nodiscard]] static constexpr Bytes max() { return Bytes{std::numeric_limits<std::uint64_t>::max()}; }

  [[nodiscard]] constexpr std::uint64_t count() const { return count_; }
  [[nodiscard]] constexpr std::uint64_t floor_kib() const { return count_ >> 10U; }
  [[nodiscard]] constexpr std::uint64_t floor_mib() const { return count_ >> 20U; }
  /// Rounds down, or up, to a multiple of `step`; a step of zero changes nothing.
  [[nodiscard]] constexpr Bytes floor_to(Bytes step) const {
    return step.count_ == 0 ? *this : Bytes{count_ - count_ % step.count_};
  }
  [[nodiscard]] constexpr Bytes ceil_to(Bytes step) const {
    return floor_to(step) == *this ? *this : saturating_add(floor_to(step), step);
  }
  /// `fraction` of this amount; a negative fraction or NaN gives zero, too large a product saturates.
  [[nodiscard]] constexpr Bytes scaled(double fraction) const {
    const double product = static_cast<double>(count_) * fraction;
    if (!(product > 0)) return Bytes{};
    if (product >= 18446744073709549568.0) return max();
    return Bytes{static_cast<std::uint64_t>(product)};
  }

  friend constexpr Bytes saturating_add(Bytes a, Bytes b) {
    return a.count_ > max().count_ - b.count_ ? max() : Bytes{a.count_ + b.count_};
  }
  friend constexpr Bytes saturating_sub(Bytes a, Bytes b) {
    return a.count_ < b.count_ ? Bytes{} : Bytes{a.count_ - b.count_};
  }
  constexpr auto operator<=>(const Bytes&) const = default;

 private:
  explicit constexpr Bytes(std::uint64_t count) : count_{count} {}
  std::uint64_t count_ = 0;
};

constexpr Bytes saturating_add(Bytes a, Bytes b);
constexpr Bytes saturating_sub(Bytes a, Bytes b);

static_assert(saturating_sub(Bytes::mib(1), Bytes::mib(2)) == Bytes{});
static_assert(Bytes::mib(130).floor_to(Bytes::mib(128)) == Bytes::mib(128));
static_assert(Bytes::mib(130).ceil_to(Bytes::mib(128)) == Bytes::mib(256));

/// How many vCPUs.
struct VcpuCount {
  std::uint16_t value = 0;
  constexpr auto operator<=>(const VcpuCount&) const = default;
};

/// Which vCPU, counted from 0 as the guest's kernel does.
struct VcpuIndex {
  std::uint16_t value = 0;
  constexpr auto operator<=>(const VcpuIndex&) const = default;
};

/// A share between 0 and 1; made by `clamped`, so it is never outside and never NaN.
class Ratio {
 public:
  constexpr Ratio() = default;
  [[nodiscard]] static constexpr Ratio clamped(double value) {
    if (!(value > 0)) return Ratio{0};
    return Ratio{value > 1 ? 1 : value};
  }
  [[nodiscard]] static constexpr Ratio percent(double value) { return clamped(value / 100.0); }
  [[nodiscard]] constexpr double value() const { return value_; }
  [[nodiscard]] constexpr double as_percent() const { return value_ * 100.0; }
  constexpr auto operator<=>(const Ratio&) const = default;

 private:
  explicit constexpr Ratio(double value) : value_{value} {}
  double value_ = 0;
};

/// "512 MiB", "1.5 GiB": binary units, at most one decimal.
[[nodiscard]] std::string to_string(Bytes bytes);

}  // namespace dynascale

template <>
struct fmt::formatter<dynascale::Bytes> : fmt::formatter<std::string> {
  auto format(dynascale::Bytes bytes, fmt::format_context& context) const {
    return fmt::formatter<std::string>::format(dynascale::to_string(bytes), context);
  }
};
template <>
struct fmt::formatter<dynascale::VcpuCount> : fmt::formatter<std::uint16_t> {
  auto format(dynascale::VcpuCount count, fmt::format_context& context) const {
    return fmt::formatter<std::uint16_t>::format(count.value, context);
  }
};
