#pragma once
/// Parsers that read what others write, each as a function of some bytes. A property that does not hold aborts. Every
/// function of this table is a fuzzer of its own (preset `fuzz`, clang), and replays corpus/NAME/ in the normal suite.

#include <array>
#include <cstdlib>
#include <string_view>

namespace dynascale::fuzz {

void wire_codec(std::string_view input);
void wire_lines(std::string_view input);
void pressure(std::string_view input);
void cpulist(std::string_view input);
void meminfo(std::string_view input);
void process_files(std::string_view input);
void cgroup_files(std::string_view input);
void agent_toml(std::string_view input);
void host_toml(std::string_view input);
void database_files(std::string_view input);
void exposition_text(std::string_view input);

struct Fuzzer {
  std::string_view name;
  void (*run)(std::string_view input);
};

inline constexpr std::array<Fuzzer, 11> all{{{"wire_codec", wire_codec},
                                             {"wire_lines", wire_lines},
                                             {"pressure", pressure},
                                             {"cpulist", cpulist},
                                             {"meminfo", meminfo},
                                             {"process_files", process_files},
                                             {"cgroup_files", cgroup_files},
                                             {"agent_toml", agent_toml},
                                             {"host_toml", host_toml},
                                             {"database_files", database_files},
                                             {"exposition_text", exposition_text}}};

inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace dynascale::fuzz
