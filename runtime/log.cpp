#include "runtime/log.hpp"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace dynascale {
namespace {

int syslog_priority(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return 7;
    case LogLevel::info: return 6;
    case LogLevel::warning: return 4;
    case LogLevel::error: return 3;
  }
  return 6;
}

std::string upper(std::string_view text) {
  std::string out{text};
  for (char& letter : out) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return out;
}

/// One line stays one line, whatever a guest or an application put into a text.
std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += letter;
  }
  return out;
}

std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string quoted_if_needed(const std::string& value) {
  const std::string text = printable(value);
  if (!text.empty() && text.find_first_of(" \"=") == std::string::npos) return text;
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"') out += '\\';
    out += letter;
  }
  return out + '"';
}

}  // namespace

Log::Log(LogLevel least, Sink sink) : least_{least}, sink_{sink} {}

Log::Sink Log::default_sink() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return Sink::standard_error;
  return fmt::format("{}:{}", status.st_dev, status.st_ino) == stream ? Sink::journal : Sink::standard_error;
}

void Log::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < least_) return;
  if (sink_ == Sink::journal) {
    std::vector<std::string> texts{fmt::format("MESSAGE={}", message),
                                   fmt::format("PRIORITY={}", syslog_priority(level))};
    for (const auto& field : fields) texts.push_back(fmt::format("DYNASCALE_{}={}", upper(field.key), field.value));
    std::vector<iovec> parts;
    parts.reserve(texts.size());
    for (auto& text : texts) parts.push_back({text.data(), text.size()});
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    return;
  }
  std::string line = fmt::format("{} {} {}", timestamp(), to_string(level), printable(message));
  for (const auto& field : fields) line += fmt::format(" {}={}", field.key, quoted_if_needed(field.value));
  line += '\n';
  const std::scoped_lock guard{lock_};
  std::fputs(line.c_str(), stderr);
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "unknown";
}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
    if (to_string(level) == text) return level;
  return fail(Errc::invalid_argument, fmt::format("'{}' is no log level; use debug, info, warning or error", text));
}

}  // namespace dynascale
