#include "core/wire/writer.hpp"

#include "core/wire/utf8.hpp"

namespace dynascale::wire {
namespace {

void append_escaped(std::string& out, std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (byte == '"' || byte == '\\') {
    out += '\\';
    out += character;
  } else if (byte < 0x20 || byte == 0x7F) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
  } else {
    out += character;
  }
}

}  // namespace

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  out += '"';
  std::size_t used = 0;
  while (!text.empty()) {
    const auto length = utf8_length(text);
    const auto character = length == 0 ? replacement : text.substr(0, length);
    used += character.size();
    if (used > max_text) break;
    append_escaped(out, character);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace dynascale::wire
