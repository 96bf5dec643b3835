#include "agent/request_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace dynascale::agent {
namespace {

namespace json = boost::json;
constexpr std::int64_t version = 1;
constexpr std::size_t max_name = 256;
constexpr std::size_t max_reason = 1024;

tl::unexpected<Error> wrong(std::string_view key, std::string_view expected) {
  return fail(Errc::corrupt, fmt::format("'{}' must be {}", key, expected));
}

/// A key that is not there is nothing; one with another value than a whole number above zero is wrong.
Result<std::optional<std::uint64_t>> optional_number(const json::object& object, std::string_view key) {
  const auto* const found = object.if_contains(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_int64() || found->as_int64() < 1) return wrong(key, "a whole number above zero");
  return static_cast<std::uint64_t>(found->as_int64());
}

std::optional<std::string> text_in(const json::object& object, std::string_view key, std::size_t longest) {
  const auto* const found = object.if_contains(key);
  if (found == nullptr || !found->is_string() || found->as_string().size() > longest) return std::nullopt;
  return std::string{found->as_string()};
}

std::int64_t milliseconds_of(Instant instant) {
  return std::chrono::ceil<std::chrono::milliseconds>(instant.time_since_epoch()).count();
}

}  // namespace

Result<Accepted> RequestBook::add(const std::string& by, const RequestCall& call, const Size& now_size, Instant now) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= now || entry.request.by == by; });
  if (entries_.size() >= wire::max_requests)
    return fail(Errc::limit_exceeded, "too many others ask for more already; try again when theirs have run out");
  Accepted accepted;
  accepted.duration = std::min(call.duration, limits_.duration);
  Entry entry;
  entry.until = now + accepted.duration;
  entry.request.by = by;
  entry.request.reason = call.reason;
  if (call.vcpus > 0)
    accepted.vcpus = entry.request.vcpus_wanted =
        now_size.vcpus.value + std::min<std::uint32_t>(call.vcpus, limits_.vcpus.value);
  if (call.memory > Bytes{})
    accepted.memory_bytes = entry.request.memory_wanted_bytes =
        saturating_add(now_size.memory, std::min(call.memory, limits_.memory)).count();
  entries_.push_back(std::move(entry));
  return accepted;
}

std::vector<wire::CapacityRequest> RequestBook::current(Instant now) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.until <= now; });
  std::vector<wire::CapacityRequest> all;
  for (const auto& entry : entries_) {
    all.push_back(entry.request);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(entry.until - now);
    all.back().remaining_ms = static_cast<std::uint64_t>(left.count());
  }
  return all;
}

std::string RequestBook::text(std::string_view boot, Instant now) const {
  json::array requests;
  for (const auto& entry : entries_) {
    if (entry.until <= now) continue;
    json::object one{{"by", entry.request.by}, {"reason", entry.request.reason}};
    if (entry.request.vcpus_wanted) one["vcpus_wanted"] = std::int64_t{*entry.request.vcpus_wanted};
    if (entry.request.memory_wanted_bytes)
      one["memory_wanted_bytes"] = static_cast<std::int64_t>(*entry.request.memory_wanted_bytes);
    one["until_ms"] = milliseconds_of(entry.until);
    requests.push_back(std::move(one));
  }
  return json::serialize(json::object{{"version", version}, {"boot", boot}, {"requests", requests}}) + '\n';
}

Result<RequestBook::Entry> RequestBook::parse_entry(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("requests", "a list of objects");
  auto by = text_in(*object, "by", max_name);
  auto reason = text_in(*object, "reason", max_reason);
  const auto vcpus = optional_number(*object, "vcpus_wanted");
  const auto memory = optional_number(*object, "memory_wanted_bytes");
  const auto until = optional_number(*object, "until_ms");
  if (!by || by->empty()) return wrong("by", fmt::format("a text of 1 to {} bytes", max_name));
  if (!reason) return wrong("reason", fmt::format("a text of at most {} bytes", max_reason));
  if (!vcpus || *vcpus > UINT32_MAX) return wrong("vcpus_wanted", "a whole number above zero");
  if (!memory) return tl::unexpected(memory.error());
  // Above this a time point in nanoseconds does not hold it.
  constexpr auto most_ms = std::uint64_t{INT64_MAX / 1'000'000};
  if (!until || !*until || **until > most_ms) return wrong("until_ms", fmt::format("1 to {}", most_ms));
  Entry entry;
  entry.request.by = std::move(*by);
  entry.request.reason = std::move(*reason);
  if (*vcpus) entry.request.vcpus_wanted = static_cast<std::uint32_t>(**vcpus);
  entry.request.memory_wanted_bytes = *memory;
  entry.until = Instant{std::chrono::milliseconds{static_cast<std::int64_t>(**until)}};
  return entry;
}

Status RequestBook::restore(std::string_view text, std::string_view boot, Instant now) {
  if (text.size() > max_text.count())
    return fail(Errc::limit_exceeded, fmt::format("longer than {}", max_text));
  json::parse_options options;
  options.max_depth = 4;
  json::error_code failure;
  const auto value = json::parse({text.data(), text.size()}, failure, {}, options);
  const auto* const all = failure ? nullptr : value.if_object();
  if (all == nullptr) return fail(Errc::corrupt, "not one JSON object");
  const auto* const known = all->if_contains("version");
  if (known == nullptr || !known->is_int64() || known->as_int64() != version)
    return wrong("version", std::to_string(version));
  const auto its_boot = text_in(*all, "boot", max_name);
  if (!its_boot) return wrong("boot", "a text");
  const auto* const list = all->if_contains("requests");
  if (list == nullptr || !list->is_array()) return wrong("requests", "a list");
  if (list->as_array().size() > wire::max_requests) return fail(Errc::limit_exceeded, "too many requests");
  std::vector<Entry> entries;
  for (const auto& one : list->as_array()) {
    auto entry = parse_entry(one);
    if (!entry) return tl::unexpected(entry.error());
    entry->until = std::min(entry->until, now + limits_.duration);
    entries.push_back(std::move(*entry));
  }
  if (boot.empty() || *its_boot != boot) return {};
  std::erase_if(entries, [&](const Entry& entry) { return entry.until <= now; });
  entries_ = std::move(entries);
  return {};
}

}  // namespace dynascale::agent
