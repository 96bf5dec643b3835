#include "agent/plan_command.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "agent/divide.hpp"
#include "agent/kernel_system.hpp"
#include "agent/state_file.hpp"

namespace dynascale::agent {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::seconds time_for_all{30};

/// Floor and ceiling belong to the host; without it, the sizes at hand span the range.
GuestShare share_for(const Size& measured, const PlanRequest& request) {
  GuestShare share;
  share.size = {request.vcpus.value_or(measured.vcpus), request.memory.value_or(measured.memory)};
  share.memory_floor = std::min(share.size.memory, measured.memory);
  share.memory_ceiling = std::max(share.size.memory, measured.memory);
  share.vcpus_ceiling = std::max(share.size.vcpus, measured.vcpus);
  return share;
}

}  // namespace

Result<std::string> make_plan(const config::AgentConfig& config, const Files& files,
                              std::vector<std::unique_ptr<Adapter>> adapters, const PlanRequest& request) {
  KernelSystem system{files, config.cgroup};
  const auto topology = system.topology();
  if (!topology) return tl::unexpected(topology.error());
  PlanView view;
  view.measured = {VcpuCount{static_cast<std::uint16_t>(topology->online.size())}, topology->memory_total};
  view.limits = system.limits();
  view.share = share_for(view.measured, request);
  // A size that was asked for is meant; only what is measured is cut to what the container allows.
  if (!request.vcpus && !request.memory) view.share = within(view.share, view.limits);

  asio::io_context context{1};
  const SystemClock clock;
  Log log{LogLevel::error, Log::Sink::standard_error};
  OffloadPool pool{4};
  const auto divide_all = [&config](const GuestShare& share, const std::vector<Application>& applications) {
    return divide(config, share, applications);
  };
  Retuner retuner{std::move(adapters), system, divide_all, clock, pool, log,
                  retuner_options(config.dead_band, config.drift, config.state_file, Keep::no, files, log)};
  std::exception_ptr failure;
  asio::co_spawn(context, retuner.survey(view.share, clock.now() + time_for_all),
                 [&](const std::exception_ptr& error, std::vector<Application> seen) {
                   failure = error;
                   view.applications = std::move(seen);
                 });
  context.run();
  pool.join();
  if (failure) std::rethrow_exception(failure);
  return request.json ? plan_json(view, request.lines) : plan_table(view, request.lines);
}

}  // namespace dynascale::agent
