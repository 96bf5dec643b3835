#pragma once
/// Structured log of the programs; libraries return errors and never log.
/// Under systemd each field becomes a journal field `DYNASCALE_<KEY>`; elsewhere a line on standard error:
/// `2026-01-31T12:00:00Z info guest grew guest=web1 vcpus=4`. Any thread.

#include <fmt/format.h>

#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/result.hpp"

namespace dynascale {

enum class LogLevel { debug, info, warning, error };

struct LogField {
  std::string_view key;  ///< Lower case, letters, digits and underscores.
  std::string value;
  LogField(std::string_view name, std::string text) : key{name}, value{std::move(text)} {}
  LogField(std::string_view name, std::string_view text) : key{name}, value{text} {}
  LogField(std::string_view name, const char* text) : key{name}, value{text} {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  LogField(std::string_view name, Number number) : key{name}, value{fmt::format("{}", number)} {}
};

class Log {
 public:
  enum class Sink { standard_error, journal };
  explicit Log(LogLevel least, Sink sink);
  /// The journal when standard error is connected to it (JOURNAL_STREAM), standard error else.
  [[nodiscard]] static Sink default_sink();

  void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) { write(LogLevel::debug, m, f); }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) { write(LogLevel::info, m, f); }
  void warning(std::string_view m, std::initializer_list<LogField> f = {}) { write(LogLevel::warning, m, f); }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) { write(LogLevel::error, m, f); }

 private:
  LogLevel least_;
  Sink sink_;
  std::mutex lock_;
};

[[nodiscard]] std::string_view to_string(LogLevel level);
[[nodiscard]] Result<LogLevel> parse_log_level(std::string_view text);

}  // namespace dynascale
