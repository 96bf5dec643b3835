#include "agent/local_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

namespace dynascale::agent {
namespace {

namespace json = boost::json;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_reason = 256;

std::int64_t as_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// Reads the keys of one call; the first mistake counts.
class CallReader {
 public:
  explicit CallReader(const json::object& object) : object_{object} {}

  std::string text(const char* key, std::size_t most) {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return {};
    const auto* found = value->if_string();
    if (found == nullptr) return reject(Errc::corrupt, key, "must be a text"), std::string{};
    if (found->size() > most) return reject(Errc::limit_exceeded, key, "is too long"), std::string{};
    return std::string{found->c_str(), found->size()};
  }
  std::optional<std::int64_t> maybe_count(const char* key) {
    const auto* value = object_.if_contains(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    json::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    if (!error && number >= 0) return number;
    reject(Errc::corrupt, key, "must be a whole number that is not negative");
    return std::nullopt;
  }
  std::int64_t count(const char* key) {
    const auto found = maybe_count(key);
    if (!found) reject(Errc::corrupt, key, "is missing");
    return found.value_or(0);
  }
  void reject(Errc code, const char* key, const char* what) {
    if (!error_) error_ = Error{code, fmt::format("'{}' {}", key, what)};
  }
  Result<LocalCall> result(LocalCall call) const {
    if (error_) return tl::unexpected(*error_);
    return call;
  }

 private:
  const json::object& object_;
  std::optional<Error> error_;
};

bool is_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !name.empty() && name.size() <= max_name && name.find_first_not_of(allowed) == std::string_view::npos;
}

Result<LocalCall> read_register(CallReader& reader) {
  RegisterCall call;
  call.name = reader.text("name", max_name);
  if (!is_name(call.name)) reader.reject(Errc::corrupt, "name", "must be of letters, digits, '-', '_' and '.'");
  call.vcpus = reader.maybe_count("vcpus");
  call.memory_bytes = reader.maybe_count("memory_bytes");
  if (!call.vcpus && !call.memory_bytes) reader.reject(Errc::corrupt, "vcpus", "or 'memory_bytes' must be there");
  call.memory_floor = Bytes::of(static_cast<std::uint64_t>(reader.maybe_count("memory_floor_bytes").value_or(0)));
  return reader.result(call);
}

Result<LocalCall> read_request(CallReader& reader) {
  RequestCall call;
  call.vcpus = static_cast<std::uint32_t>(
      std::min<std::int64_t>(reader.maybe_count("vcpus").value_or(0), std::numeric_limits<std::uint16_t>::max()));
  call.memory = Bytes::of(static_cast<std::uint64_t>(reader.maybe_count("memory_bytes").value_or(0)));
  constexpr std::int64_t most_ms = 7LL * 24 * 3600 * 1000;
  call.duration = std::chrono::milliseconds{std::min(reader.count("for_ms"), most_ms)};
  call.reason = reader.text("reason", max_reason);
  if (call.vcpus == 0 && call.memory == Bytes{})
    reader.reject(Errc::corrupt, "vcpus", "or 'memory_bytes' must be there");
  if (call.duration == Duration{}) reader.reject(Errc::corrupt, "for_ms", "must be above zero");
  return reader.result(call);
}

Result<LocalCall> read_metrics(const json::object& object) {
  const auto* const found = object.if_contains("values");
  const auto* const values = found == nullptr ? nullptr : found->if_object();
  if (values == nullptr || values->empty()) return fail(Errc::corrupt, "'values' must be an object of numbers");
  MetricsCall call;
  for (const auto& entry : *values) {
    json::error_code error;
    const auto value = entry.value().to_number<double>(error);
    if (error) return fail(Errc::corrupt, "'values' must be an object of numbers");
    call.values[std::string{entry.key()}] = value;
  }
  return LocalCall{std::move(call)};
}

}  // namespace

Result<LocalCall> parse_local(std::string_view line) {
  if (line.size() > max_local_line) return fail(Errc::limit_exceeded, "a line is too long");
  json::parse_options options;
  options.max_depth = 4;
  json::error_code error;
  const auto value = json::parse({line.data(), line.size()}, error, {}, options);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return fail(Errc::corrupt, "a line must be one JSON object");
  CallReader reader{*object};
  const auto type = reader.text("type", max_name);
  if (type == "register") return read_register(reader);
  if (type == "request") return read_request(reader);
  if (type == "metrics") return read_metrics(*object);
  if (type == "applied" || type == "refused") {
    AnswerCall call;
    call.id = static_cast<std::uint64_t>(reader.count("id"));
    call.applied = type == "applied";
    if (call.applied) call.value = reader.count("value");
    call.reason = reader.text("reason", max_reason);
    return reader.result(call);
  }
  return fail(Errc::unsupported, "'type' must be \"register\", \"applied\", \"refused\", \"request\" or \"metrics\"");
}

std::string welcome_line(std::string_view application) {
  return json::serialize(json::object{{"type", "welcome"}, {"application", application}}) + '\n';
}

std::string budget_line(const BudgetOffer& offer) {
  const json::object object{
      {"type", "budget"}, {"id", offer.id}, {offer.setting, offer.value}, {"deadline_ms", as_ms(offer.deadline)}};
  return json::serialize(object) + '\n';
}

std::string error_line(const Error& error) {
  const json::object object{{"type", "error"}, {"code", to_string(error.code)}, {"what", error.what}};
  return json::serialize(object) + '\n';
}

std::string accepted_line(const Accepted& accepted) {
  json::object object{{"type", "accepted"}, {"for_ms", as_ms(accepted.duration)}, {"host", accepted.host}};
  if (accepted.vcpus) object["vcpus_wanted"] = *accepted.vcpus;
  if (accepted.memory_bytes) object["memory_wanted_bytes"] = *accepted.memory_bytes;
  return json::serialize(object) + '\n';
}

std::string request_line(const RequestCall& request) {
  const json::object object{{"type", "request"},
                            {"vcpus", request.vcpus},
                            {"memory_bytes", request.memory.count()},
                            {"for_ms", as_ms(request.duration)},
                            {"reason", request.reason}};
  return json::serialize(object) + '\n';
}

}  // namespace dynascale::agent
