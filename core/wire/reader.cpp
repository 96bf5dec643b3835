#include "core/wire/reader.hpp"

#include <algorithm>
#include <cmath>

namespace dynascale::wire {
namespace {

/// A key as an error may show it: an attacker's long or odd key must not fill the log.
std::string printable(std::string_view key) {
  std::string text{key.substr(0, 64)};
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) - 0x20U > 0x5EU; }, '?');
  return text;
}

}  // namespace

void Reader::reject(Errc code, std::string_view key, std::string_view problem) {
  error_ = Error{code, fmt::format("key '{}{}' {}", path_, printable(key), problem)};
}

std::optional<Error> Reader::finish() {
  if (error_ || unknown_ == UnknownKeys::ignore) return error_;
  for (const auto& entry : object_) {
    const std::string_view key{entry.key().data(), entry.key().size()};
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    reject(Errc::corrupt, key, "is unknown in a request, which is therefore refused");
    break;
  }
  return error_;
}

void Reader::read(std::string_view key, const Value& from, std::uint64_t& to) {
  if (const auto* number = from.if_uint64()) {
    to = *number;
  } else if (const auto* small = from.if_int64(); small != nullptr && *small >= 0) {
    to = static_cast<std::uint64_t>(*small);
  } else {
    reject(Errc::corrupt, key, "must be a whole number from 0 to 18446744073709551615");
  }
}

void Reader::read(std::string_view key, const Value& from, std::uint32_t& to) {
  const auto* number = from.if_int64();
  if (number == nullptr || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max())
    return reject(Errc::corrupt, key, "must be a whole number from 0 to 4294967295");
  to = static_cast<std::uint32_t>(*number);
}

void Reader::read(std::string_view key, const Value& from, std::int64_t& to) {
  const auto* number = from.if_int64();
  if (number == nullptr) return reject(Errc::corrupt, key, "must be a whole number that fits 64 bits");
  to = *number;
}

void Reader::read(std::string_view key, const Value& from, double& to) {
  if (!from.is_number()) return reject(Errc::corrupt, key, "must be a number");
  to = from.to_number<double>();
  if (!std::isfinite(to)) reject(Errc::corrupt, key, "must be a finite number");
}

void Reader::read(std::string_view key, const Value& from, std::string& to) {
  const auto* text = from.if_string();
  if (text == nullptr) return reject(Errc::corrupt, key, "must be a text");
  if (text->size() > max_text) return reject(Errc::limit_exceeded, key, "is too long a text");
  to.assign(text->data(), text->size());
}

void Reader::read(std::string_view key, const Value& from, std::map<std::string, std::int64_t>& to) {
  const auto* object = from.if_object();
  if (object == nullptr) return reject(Errc::corrupt, key, "must be an object of whole numbers");
  if (object->size() > max_settings) return reject(Errc::limit_exceeded, key, "has too many entries");
  for (const auto& entry : *object) {
    const std::string name{entry.key().data(), entry.key().size()};
    if (name.size() > max_text) return reject(Errc::limit_exceeded, key, "has too long a name in it");
    read(name, entry.value(), to[name]);
    if (error_) return;
  }
}

}  // namespace dynascale::wire
