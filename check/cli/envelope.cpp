#include "check/cli/envelope.hpp"

#include <fmt/format.h>

#include "check/text/size.hpp"

namespace dynascale::check {
namespace {

constexpr std::uint64_t most_cpus = 65536;

}  // namespace

Result<Envelope> parse_envelope(const std::string& cpus, const std::string& memory) {
  Envelope envelope;
  const auto cpu_colon = cpus.find(':');
  const auto low = parse_number(cpus.substr(0, cpu_colon));
  const auto high = cpu_colon == std::string::npos ? low : parse_number(cpus.substr(cpu_colon + 1));
  if (!low || !high || *low == 0 || *low > *high || *high > most_cpus) {
    return fail(Errc::invalid_argument, fmt::format("--cpus {}: expected MIN:MAX, as 1:8", cpus));
  }
  const auto memory_colon = memory.find(':');
  const auto least = parse_size(memory.substr(0, memory_colon));
  const auto most = memory_colon == std::string::npos ? least : parse_size(memory.substr(memory_colon + 1));
  if (!least || !most || *least == 0 || *least > *most) {
    return fail(Errc::invalid_argument, fmt::format("--memory {}: expected MIN:MAX, as 1G:16G", memory));
  }
  envelope.min_cpus = static_cast<std::uint32_t>(*low);
  envelope.max_cpus = static_cast<std::uint32_t>(*high);
  envelope.min_memory_bytes = *least;
  envelope.max_memory_bytes = *most;
  return envelope;
}

}  // namespace dynascale::check
