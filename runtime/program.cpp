#include "runtime/program.hpp"

namespace dynascale {

LogLevel log_level(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug: return LogLevel::debug;
    case config::LogLevel::info: return LogLevel::info;
    case config::LogLevel::warning: return LogLevel::warning;
    case config::LogLevel::error: return LogLevel::error;
  }
  return LogLevel::info;
}

}  // namespace dynascale
