#include "hostd/libvirt/xml_values.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <string>

namespace dynascale::hostd {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::uint64_t kilo = 1000;
constexpr std::array<Unit, 21> units{{
    {"b", 1},
    {"bytes", 1},
    {"byte", 1},
    {"KB", kilo},
    {"k", 1ULL << 10U},
    {"K", 1ULL << 10U},
    {"KiB", 1ULL << 10U},
    {"MB", kilo* kilo},
    {"M", 1ULL << 20U},
    {"MiB", 1ULL << 20U},
    {"GB", kilo* kilo* kilo},
    {"G", 1ULL << 30U},
    {"GiB", 1ULL << 30U},
    {"TB", kilo* kilo* kilo* kilo},
    {"T", 1ULL << 40U},
    {"TiB", 1ULL << 40U},
    {"PB", kilo* kilo* kilo* kilo* kilo},
    {"P", 1ULL << 50U},
    {"PiB", 1ULL << 50U},
    {"E", 1ULL << 60U},
    {"EiB", 1ULL << 60U},
}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string_view prefix_of(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const std::string_view digits = trimmed(text);
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<Bytes> parse_amount(std::string_view text, std::string_view unit) {
  const auto count = parse_count(text);
  if (!count) return std::nullopt;
  for (const auto& known : units) {
    if (known.name != unit) continue;
    if (*count > std::numeric_limits<std::uint64_t>::max() / known.factor) return std::nullopt;
    return Bytes::of(*count * known.factor);
  }
  return std::nullopt;
}

std::optional<Bytes> amount_of(const pugi::xml_node& element) {
  return parse_amount(element.text().get(), element.attribute("unit").as_string("KiB"));
}

std::string_view local_name(const pugi::xml_node& element) {
  const std::string_view name = element.name();
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view namespace_of(const pugi::xml_node& element) {
  const std::string_view prefix = prefix_of(element.name());
  const std::string declaration = prefix.empty() ? "xmlns" : "xmlns:" + std::string{prefix};
  for (pugi::xml_node at = element; at; at = at.parent()) {
    if (const auto attribute = at.attribute(declaration.c_str())) return attribute.value();
  }
  return {};
}

}  // namespace dynascale::hostd
