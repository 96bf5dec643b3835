#pragma once
/// An application that has no adapter of its own: how it is found and made to follow, in a few lines of agent.toml.

#include <optional>
#include <string>
#include <vector>

#include "core/config/problem.hpp"
#include "core/model/units.hpp"

namespace dynascale::config {

enum class CustomKind { none, exec, signal };  ///< `none`: the table only weighs an application that an adapter knows.
enum class Follows { cpus, memory };
enum class CustomSignal { hup, usr1, usr2, ttin, ttou, winch };

struct ApplicationSettings {
  std::optional<double> weight;      ///< Of its share when applications compete; absent: its adapter's.
  std::optional<Bytes> memory_min;  ///< Promised to it, as far as there is memory.
  std::optional<Bytes> memory_max;  ///< It gets no more.
  CustomKind kind = CustomKind::none;
  std::string executable;             ///< Path of the program, or its last part.
  std::string argument;               ///< A word that must stand in its command line; empty: none.
  Follows follows = Follows::cpus;
  double per_cpu = 1;                 ///< Workers for each vCPU …
  unsigned plus = 0;                  ///< … and this many more.
  unsigned min = 1;                   ///< Of workers.
  unsigned max = 1024;
  Ratio memory_share = Ratio::percent(75);  ///< Of its part of the memory.
  std::vector<std::string> verify;    ///< exec: prints the number in force.
  std::vector<std::string> usage;     ///< exec: prints what it needs and uses; empty: it does not tell.
  std::vector<std::string> metrics;   ///< exec: prints figures of its own; empty: none.
  Duration metrics_every = std::chrono::seconds{10};
  std::vector<std::string> grow;      ///< exec: sets a larger one.
  std::vector<std::string> shrink;    ///< exec: sets a smaller one.
  std::string user;                   ///< Whom the commands run as; empty: the application's user.
  CustomSignal grow_signal = CustomSignal::ttin;
  CustomSignal shrink_signal = CustomSignal::ttou;
  Duration timeout = std::chrono::seconds{30};  ///< Of one command, or of one worker's coming or going.
};

/// `text` with ${value}, ${cpus}, ${memory_bytes} and ${pid} replaced. Nothing else is: there is no shell.
struct Placeholders {
  std::string value;
  std::string cpus;
  std::string memory_bytes;
  std::string pid;
};
[[nodiscard]] std::string expand(const std::string& text, const Placeholders& values);

/// What does not fit together in the table `path` ("application.NAME.").
void check(const ApplicationSettings& settings, const std::string& path, const std::string& source,
           std::vector<Problem>& problems);

}  // namespace dynascale::config
