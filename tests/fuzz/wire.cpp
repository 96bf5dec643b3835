#include "core/wire/codec.hpp"

#include "fuzzers.hpp"

namespace dynascale::fuzz {

/// What decodes encodes to one bounded line that decodes to the same.
void wire_codec(std::string_view input) {
  const auto message = wire::decode(input);
  if (!message) return;
  const auto line = wire::encode(*message);
  require(line.size() <= wire::max_line && line.ends_with('\n') && line.find('\n') == line.size() - 1);
  const auto again = wire::decode(line);
  require(again.has_value());
  require(wire::encode(*again) == line);
}

/// However the bytes are cut, the lines are the same, and memory stays bounded.
void wire_lines(std::string_view input) {
  wire::LineReader whole;
  wire::LineReader pieces;
  whole.feed(input);
  std::string first;
  std::string second;
  const auto drain = [](wire::LineReader& reader, std::string& into) {
    while (const auto line = reader.next()) into += line->has_value() ? **line + '\n' : std::string{"!\n"};
  };
  drain(whole, first);
  while (!input.empty()) {
    const auto length = std::min<std::size_t>(input.size(), 1 + static_cast<unsigned char>(input.front()) % 61);
    pieces.feed(input.substr(0, length));
    drain(pieces, second);
    require(pieces.pending() <= wire::max_line);
    input.remove_prefix(length);
  }
  require(first == second);
}

}  // namespace dynascale::fuzz
