#include "core/wire/codec.hpp"

#include <algorithm>

#include "core/wire/reader.hpp"
#include "core/wire/writer.hpp"

namespace dynascale::wire {
namespace {

namespace json = boost::json;

template <class M>
std::string written(const M& message, Detail detail) {
  std::string line = "{";
  Writer writer{line, detail};
  writer.need("type", std::string{type_name<M>});
  fields(writer, message);
  line += "}\n";
  return line;
}

template <class M>
Result<Message> read_as(const json::object& object) {
  M message;
  Reader reader{object, "", is_request<M> ? UnknownKeys::refuse : UnknownKeys::ignore};
  reader.expect("type");
  fields(reader, message);
  if (auto error = reader.finish())
    return fail(error->code, fmt::format("{}: {}", type_name<M>, error->what));
  return Message{std::move(message)};
}

/// Tries the alternatives of `Message` from index `i` on.
template <std::size_t i = 0>
Result<Message> read_type(std::string_view type, const json::object& object) {
  if constexpr (i < std::variant_size_v<Message>) {
    using M = std::variant_alternative_t<i, Message>;
    return type == type_name<M> ? read_as<M>(object) : read_type<i + 1>(type, object);
  } else {
    const auto shown = type.substr(0, std::min<std::size_t>(type.size(), 32));
    return fail(Errc::unsupported,
                fmt::format("message type '{}' is not known in version {}", shown, supported_versions.max));
  }
}

/// Line breaks and control characters are no part of a type's name, and would spoil a log.
bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit(
      [](const auto& m) {
        auto line = written(m, Detail::full);
        for (const auto detail : {Detail::brief, Detail::bare})
          if (line.size() > max_line) line = written(m, detail);
        return line;
      },
      message);
}

Result<Message> decode(std::string_view line) {
  if (line.size() > max_line)
    return fail(Errc::limit_exceeded,
                fmt::format("a line of {} bytes is longer than {}", line.size(), max_line));
  json::error_code error;
  json::parse_options options;
  options.max_depth = max_depth;
  json::monotonic_resource memory;
  const auto value = json::parse(json::string_view{line.data(), line.size()}, error, &memory, options);
  if (error == json::error::too_deep)
    return fail(Errc::limit_exceeded, fmt::format("a line is nested deeper than {} levels", max_depth));
  if (error) return fail(Errc::corrupt, fmt::format("a line is not JSON: {}", error.message()));

  const auto* object = value.if_object();
  if (object == nullptr) return fail(Errc::corrupt, "a line is not a JSON object");
  const auto* type = object->if_contains("type");
  if (type == nullptr) return fail(Errc::corrupt, "key 'type' is missing");
  const auto* name = type->if_string();
  if (name == nullptr || !is_name({name->data(), name->size()}))
    return fail(Errc::corrupt, "key 'type' must be the name of a message");
  return read_type({name->data(), name->size()}, *object);
}

std::optional<std::uint32_t> negotiate(VersionRange ours, VersionRange theirs) {
  const auto highest = std::min(ours.max, theirs.max);
  if (ours.min > ours.max || theirs.min > theirs.max || highest < std::max(ours.min, theirs.min))
    return std::nullopt;
  return highest;
}

}  // namespace dynascale::wire
