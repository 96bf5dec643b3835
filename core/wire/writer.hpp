#pragma once
/// Builds the JSON text of one message. Included by codec.cpp only.

#include <fmt/format.h>

#include <cmath>
#include <concepts>
#include <iterator>

#include "core/wire/fields.hpp"

namespace dynascale::wire {

/// How much of a message to write: a message too long for one line is written again with less.
enum class Detail {
  full,
  brief,  ///< Without notes and settings.
  bare,   ///< Without lists of applications and capabilities too.
};

/// `text` in quotes: valid UTF-8 of at most `max_text` bytes, control characters escaped.
void append_text(std::string& out, std::string_view text);

class Writer {
 public:
  Writer(std::string& out, Detail detail) : out_{out}, detail_{detail} {}

  template <class T>
  void need(std::string_view key, const T& value) {
    append_key(key);
    append(value);
  }
  template <class T>
  void may(std::string_view key, const T& value) {
    if (is_known(value) && wanted(key)) need(key, value);
  }

 private:
  [[nodiscard]] bool wanted(std::string_view key) const {
    if (detail_ == Detail::full) return true;
    if (key == "note" || key == "settings" || key == "before" || key == "after") return false;
    return detail_ == Detail::brief ||
           (key != "applications" && key != "capabilities" && key != "requests" && key != "metrics");
  }
  template <class T>
  [[nodiscard]] static bool is_known(const T& value) {
    return !value.empty();
  }
  template <class T>
  [[nodiscard]] static bool is_known(const std::optional<T>& value) {
    return value.has_value();
  }
  [[nodiscard]] static bool is_known(const std::optional<double>& value) {
    return value.has_value() && std::isfinite(*value);
  }
  [[nodiscard]] static bool is_known(const std::optional<PressureValues>& value) {
    return value.has_value() && std::isfinite(value->some_avg10_percent) &&
           std::isfinite(value->full_avg10_percent);
  }

  void append_key(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    append_text(out_, key);
    out_ += ':';
  }
  void append(std::integral auto value) { fmt::format_to(std::back_inserter(out_), "{}", value); }
  void append(double value) {
    fmt::format_to(std::back_inserter(out_), "{}", std::isfinite(value) ? value : 0.0);
  }
  void append(const std::string& value) { append_text(out_, value); }
  template <class T>
  void append(const std::optional<T>& value) {
    append(*value);
  }
  template <class T>
  void append(const std::vector<T>& values) {
    out_ += '[';
    for (std::size_t i = 0; i < values.size() && i < limit_of(values); ++i) {
      if (i > 0) out_ += ',';
      append(values[i]);
    }
    out_ += ']';
  }
  void append(const std::map<std::string, std::int64_t>& values) {
    out_ += '{';
    std::size_t count = 0;
    for (const auto& [name, value] : values) {
      if (count++ == max_settings) break;
      append_key(name);
      append(value);
    }
    out_ += '}';
  }
  template <class T>
  requires std::is_class_v<T>
  void append(const T& value) {
    out_ += '{';
    fields(*this, value);
    out_ += '}';
  }

  [[nodiscard]] static std::size_t limit_of(const std::vector<std::uint32_t>&) { return max_vcpus; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<std::string>&) { return max_capabilities; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<CapacityRequest>&) { return max_requests; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<Metric>&) { return max_metrics; }
  [[nodiscard]] static std::size_t limit_of(const std::vector<ApplicationReport>&) {
    return max_applications;
  }

  std::string& out_;
  Detail detail_;
};

}  // namespace dynascale::wire
