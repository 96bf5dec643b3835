#pragma once
/// Lines to messages and back. Pure; any thread.
///
/// On the wire: `{"type":"report","sequence":7,…}`. Requests (resize_intent, resize_done, resize_abort, hello, sync)
/// with an unknown key are refused before any effect; in all other messages unknown keys are ignored.

#include <optional>
#include <string>
#include <string_view>

#include "core/model/result.hpp"
#include "core/wire/messages.hpp"

namespace dynascale::wire {

/// One line, its newline included. Free text longer than `max_text` is cut at a character boundary.
[[nodiscard]] std::string encode(const Message& message);

/// Errors: `limit_exceeded` (length, depth, counts), `corrupt` (not JSON, wrong type, missing or unknown key; the
/// text names the key), `unsupported` (unknown message type).
[[nodiscard]] Result<Message> decode(std::string_view line);

/// The highest version in both ranges, or nothing.
[[nodiscard]] std::optional<std::uint32_t> negotiate(VersionRange ours, VersionRange theirs);

/// Cuts a byte stream into lines with bounded memory: a line longer than `max_line` is dropped whole and reported
/// once as `limit_exceeded`; reading goes on with the next line.
class LineReader {
 public:
  /// Takes bytes as they came.
  void feed(std::string_view bytes);
  /// The next whole line without its newline, an error for a dropped one, or nothing when more bytes are needed.
  [[nodiscard]] std::optional<Result<std::string>> next();

 private:
  std::string buffer_;
  bool skipping_ = false;
};

}  // namespace dynascale::wire
