#include "agent/request_command.hpp"

#include <fmt/format.h>

#include "core/config/quantity.hpp"
#include "runtime/text.hpp"
#include "runtime/unix_line.hpp"

namespace dynascale::agent {
namespace {

std::string_view without_plus(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return text;
}

}  // namespace

Result<RequestCall> parse_request(const std::string& cpus, const std::string& memory, const std::string& duration,
                                  const std::string& reason) {
  RequestCall call;
  if (!cpus.empty()) {
    const auto count = text::number<std::uint16_t>(without_plus(cpus));
    if (!count) return fail(Errc::invalid_argument, fmt::format("--cpus {}: must be a number like +2", cpus));
    call.vcpus = *count;
  }
  if (!memory.empty()) {
    const auto bytes = config::parse_bytes(without_plus(memory));
    if (!bytes) return fail(Errc::invalid_argument, fmt::format("--memory {}: must be a size like +512M", memory));
    call.memory = *bytes;
  }
  const auto time = config::parse_duration(duration);
  if (!time || *time == Duration{})
    return fail(Errc::invalid_argument, fmt::format("--for {}: must be a time like 10m", duration));
  call.duration = *time;
  if (call.vcpus == 0 && call.memory == Bytes{})
    return fail(Errc::invalid_argument, "say how much: --cpus +2 or --memory +1G");
  call.reason = reason;
  return call;
}

Result<std::string> send_request(const std::filesystem::path& socket, const RequestCall& request) {
  return exchange_line(socket, request_line(request), max_local_line, "the agent");
}

int status_of_answer(const std::string& answer) {
  return answer.find("\"type\":\"accepted\"") == std::string::npos ? 1 : 0;
}

}  // namespace dynascale::agent
