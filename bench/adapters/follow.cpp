/// Lets one running application follow to one size, as the agent does it, and tells how long that took.
///
///   bench_follow --config agent.toml --adapter redis --pid 123 --vcpus 4 --memory-mib 2048
///
/// Prints one line of JSON: {"seconds": from the look for it until everything was read back as planned, "settled",
/// "changes": [{"setting", "from", "to", "achieved"}], "pending", "error"}.

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "agent/adapter_options.hpp"
#include "agent/retuner.hpp"
#include "probes/process.hpp"

namespace {

using namespace dynascale;
namespace json = boost::json;

constexpr int most_rounds = 5;

struct Wanted {
  std::string config;
  std::string adapter;
  std::int32_t pid = 0;
  unsigned vcpus = 0;
  unsigned memory_mib = 0;
  unsigned limit_seconds = 120;
};

Adapter* adapter_named(const std::vector<std::unique_ptr<Adapter>>& table, const std::string& name) {
  for (const auto& adapter : table)
    if (adapter->info().name == name) return adapter.get();
  return nullptr;
}

json::object follow(Adapter& adapter, const Files& files, const Wanted& wanted) {
  const SystemClock clock;
  const auto began = clock.now();
  const CallLimits limits{clock, began + std::chrono::seconds{wanted.limit_seconds}, {}};
  json::object answer{{"settled", false}};
  json::array changes;
  json::array pending;
  const auto end = [&](const std::string& error) {
    answer["seconds"] = std::chrono::duration<double>(clock.now() - began).count();
    answer["changes"] = changes;
    answer["pending"] = pending;
    answer["error"] = error;
    return answer;
  };
  const auto processes = list_processes(files);
  if (!processes) return end(processes.error().what);
  std::optional<Instance> instance;
  for (auto& found : adapter.detect(*processes))
    if (found.main_pid == wanted.pid) instance = std::move(found);
  if (!instance) return end("the adapter does not see the process");
  const auto memory = Bytes::mib(wanted.memory_mib);
  const Resources resources{{static_cast<std::uint16_t>(wanted.vcpus)}, memory, memory, memory};
  for (int round = 0; round < most_rounds && !limits.expired(); ++round) {
    const auto settings = adapter.read(*instance, limits);
    if (!settings) return end(settings.error().what);
    const auto plan = adapter.plan(*settings, resources);
    if (round == 0)
      for (const auto& one : plan.pending_restart) pending.push_back({{"setting", one.setting}, {"to", one.to}});
    if (plan.now.empty()) {
      answer["settled"] = true;
      break;
    }
    const auto done = agent::apply_plan(adapter, *instance, plan, limits);
    for (const auto& one : done.outcomes)
      changes.push_back({{"setting", one.change.setting},
                         {"from", one.change.from},
                         {"to", one.change.to},
                         {"achieved", one.achieved}});
    if (!done.error.empty()) return end(done.error);
  }
  return end("");
}

}  // namespace

int main(int count, char** words) {
  Wanted wanted;
  CLI::App app{"Lets one running application follow to one size"};
  app.add_option("--config", wanted.config)->required();
  app.add_option("--adapter", wanted.adapter)->required();
  app.add_option("--pid", wanted.pid)->required();
  app.add_option("--vcpus", wanted.vcpus)->required();
  app.add_option("--memory-mib", wanted.memory_mib)->required();
  app.add_option("--limit", wanted.limit_seconds);
  CLI11_PARSE(app, count, words);
  std::ostringstream text;
  text << std::ifstream{wanted.config}.rdbuf();
  const auto config = config::parse_agent_config(text.str(), wanted.config);
  if (!config.ok()) {
    for (const auto& problem : config.problems) std::cerr << problem.key << ": " << problem.what << '\n';
    return 2;
  }
  const Files files;
  const auto table = all_adapters(files, agent::adapter_options(config.value));
  auto* const adapter = adapter_named(table, wanted.adapter);
  if (adapter == nullptr) {
    std::cerr << "there is no adapter '" << wanted.adapter << "'\n";
    return 2;
  }
  std::cout << json::serialize(follow(*adapter, files, wanted)) << '\n';
  return 0;
}
