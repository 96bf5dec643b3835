#pragma once
/// Reading an answer of the daemon that may be of another version: what is missing, or of another kind, is absent or
/// empty.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/units.hpp"

namespace dynascale::ctl {

inline std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
}

inline std::optional<double> number_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

inline const boost::json::object& object_of(const boost::json::object& object, std::string_view key) {
  static const boost::json::object none;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

inline const boost::json::array& array_of(const boost::json::object& object, std::string_view key) {
  static const boost::json::array none;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

inline std::string size_text(const boost::json::object& size) {
  const auto memory = number_of(size, "memory_bytes").value_or(0);
  return fmt::format("{} vCPUs, {}", number_of(size, "vcpus").value_or(0),
                     Bytes::of(static_cast<std::uint64_t>(memory)));
}

}  // namespace dynascale::ctl
