#include <fmt/format.h>

#include "core/wire/codec.hpp"

namespace dynascale::wire {

void LineReader::feed(std::string_view bytes) {
  buffer_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  buffer_.append(bytes);
}

bool LineReader::skip_to_next_line() {
  const auto newline = buffer_.find('\n', scanned_);
  if (newline == std::string::npos) {
    buffer_.clear();
    start_ = scanned_ = 0;
    return false;
  }
  start_ = scanned_ = newline + 1;
  skipping_ = false;
  return true;
}

std::optional<Result<std::string>> LineReader::next() {
  if (skipping_ && !skip_to_next_line()) return std::nullopt;
  while (start_ < buffer_.size() && buffer_[start_] == '\n') ++start_;
  scanned_ = std::max(scanned_, start_);

  const auto newline = buffer_.find('\n', scanned_);
  const bool whole = newline != std::string::npos;
  const auto length = (whole ? newline + 1 : buffer_.size()) - start_;
  if (length > max_line || (!whole && length == max_line)) {
    skipping_ = true;
    return Result<std::string>{
        fail(Errc::limit_exceeded, fmt::format("a line is longer than {} bytes; it was dropped", max_line))};
  }
  if (!whole) {
    scanned_ = buffer_.size();
    return std::nullopt;
  }
  std::string line = buffer_.substr(start_, newline - start_);
  start_ = scanned_ = newline + 1;
  return Result<std::string>{std::move(line)};
}

std::optional<Result<Message>> next_message(LineReader& reader) {
  const auto line = reader.next();
  if (!line) return std::nullopt;
  if (!line->has_value()) return Result<Message>{tl::unexpected(line->error())};
  return decode(**line);
}

}  // namespace dynascale::wire
