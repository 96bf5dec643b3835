#include <fmt/format.h>

#include <boost/json.hpp>

#include "check/headroom/headroom.hpp"
#include "check/output/output.hpp"

namespace dynascale::check {

std::string headroom_as_text(std::span<const Reserve> reserves, const Envelope& envelope) {
  std::string out = fmt::format("envelope: {}\n", describe(envelope));
  for (const auto& reserve : reserves) {
    out += fmt::format("\n{} ({})\n  into {}:\n\n", reserve.component.name,
                       printable(reserve.component.where, 400), reserve.file);
    const Lines lines{reserve.snippet};
    for (std::uint32_t number = 1; number <= lines.count(); ++number) {
      if (!lines.line(number).empty()) out += fmt::format("    {}\n", lines.line(number));
    }
    out += fmt::format("\n  then: {}\n  agent's adapter: {}\n", reserve.then, reserve.adapter);
  }
  if (reserves.empty()) out += "\nnothing found that must reserve room when it starts\n";
  return out;
}

std::string headroom_as_json(std::span<const Reserve> reserves, const Envelope& envelope) {
  boost::json::array components;
  for (const auto& reserve : reserves) {
    components.push_back(boost::json::object{{"component", reserve.component.name},
                                             {"where", printable(reserve.component.where, 4096)},
                                             {"file", reserve.file},
                                             {"snippet", reserve.snippet},
                                             {"then", reserve.then},
                                             {"adapter", reserve.adapter}});
  }
  const boost::json::object root{
      {"schema", 1},
      {"envelope", boost::json::object{{"min_cpus", envelope.min_cpus},
                                       {"max_cpus", envelope.max_cpus},
                                       {"min_memory_bytes", envelope.min_memory_bytes},
                                       {"max_memory_bytes", envelope.max_memory_bytes}}},
      {"headroom", std::move(components)}};
  return boost::json::serialize(root) + "\n";
}

}  // namespace dynascale::check
