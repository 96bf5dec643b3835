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

/// One line, its newline included, never longer than `max_line`. Text longer than `max_text` is cut at a character
/// boundary, bytes that are not UTF-8 become U+FFFD, a number that is not finite is left out. A message too long
/// for a line loses its notes and settings first, then its lists.
[[nodiscard]] std::string encode(const Message& message);

/// `line` may end with its newline. Of a key that occurs twice the last value counts.
/// Errors: `limit_exceeded` (length, depth, counts), `corrupt` (not JSON, wrong type, missing or unknown key; the
/// text names the key), `unsupported` (unknown message type).
[[nodiscard]] Result<Message> decode(std::string_view line);

/// The highest version in both ranges, or nothing.
[[nodiscard]] std::optional<std::uint32_t> negotiate(VersionRange ours, VersionRange theirs);

/// Cuts a byte stream into lines with bounded memory: a line longer than `max_line` is dropped whole and reported
/// once as `limit_exceeded`; reading goes on with the next line. Empty lines are skipped. Holds at most one line and
/// what one `feed` brought, provided that `next` is called until it has nothing before the next `feed`.
class LineReader {
 public:
  /// Takes bytes as they came.
  void feed(std::string_view bytes);
  /// The next whole line without its newline, an error for a dropped one, or nothing when more bytes are needed.
  [[nodiscard]] std::optional<Result<std::string>> next();
  /// Bytes held back until their line is whole.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - start_; }

 private:
  [[nodiscard]] bool skip_to_next_line();

  std::string buffer_;
  std::size_t start_ = 0;    ///< Of the first byte not handed out yet.
  std::size_t scanned_ = 0;  ///< No newline lies between start_ and here: slow senders cost no second look.
  bool skipping_ = false;
};

/// The next message that `reader` holds, or why its line is none; nothing when more bytes are needed.
[[nodiscard]] std::optional<Result<Message>> next_message(LineReader& reader);

}  // namespace dynascale::wire
