#include "adapters/mariadb/pool.hpp"

#include <fmt/format.h>

#include "adapters/sizing.hpp"
#include "runtime/text.hpp"

namespace dynascale::mariadb {
namespace {

using namespace std::chrono_literals;

constexpr auto step_seconds =
    2;  // A step that cannot withdraw its blocks in this time is undone and tried again.
constexpr auto pause_between_steps = 200ms;
constexpr auto pause_after_refusal = 1s;
constexpr auto poll_interval = 100ms;

std::int64_t number_of(const Variables& variables, const char* name, std::int64_t fallback) {
  const auto found = variables.find(name);
  return found == variables.end() ? fallback : text::number<std::int64_t>(found->second).value_or(fallback);
}

Result<Bytes> read_pool(Connection& connection) {
  const auto value = read_variable(connection, "innodb_buffer_pool_size");
  if (!value) return tl::unexpected(value.error());
  return as_bytes(*value);
}

Result<ResizeState> read_resize_state(Connection& connection) {
  const auto status = connection.pairs("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_resize_status%'");
  if (!status) return tl::unexpected(status.error());
  const auto code = status->find("Innodb_buffer_pool_resize_status_code");
  const auto text = status->find("Innodb_buffer_pool_resize_status");
  return resize_state(code == status->end() ? std::nullopt : std::optional<std::string_view>{code->second},
                      text == status->end() ? std::string_view{} : text->second);
}

/// Waits for the end of a background resize. Errors: `timeout`; `refused` when the server gave it up.
Status wait_for_end(Connection& connection, const CallLimits& limits) {
  for (;;) {
    const auto state = read_resize_state(connection);
    if (!state) return tl::unexpected(state.error());
    if (*state == ResizeState::idle) return {};
    if (*state == ResizeState::failed)
      return fail(Errc::refused, "the server gave up resizing its buffer pool; its log says why");
    if (limits.expired()) return fail(Errc::timeout, "the server still resizes its buffer pool");
    limits.clock.sleep_for(poll_interval);
  }
}

Status set_pool(Connection& connection, Bytes size, PoolMechanism::Kind kind, const CallLimits& limits) {
  const auto statement = fmt::format("SET GLOBAL innodb_buffer_pool_size = {}", size.count());
  if (kind == PoolMechanism::Kind::blocking)
    return connection.execute(
        fmt::format("SET STATEMENT max_statement_time = {} FOR {}", step_seconds, statement));
  if (auto begun = connection.execute(statement); !begun) return begun;
  return wait_for_end(connection, limits);
}

/// A resize that somebody else, or this agent before its restart, began.
Status wait_for_earlier(Connection& connection, PoolMechanism::Kind kind, const CallLimits& limits) {
  if (kind == PoolMechanism::Kind::blocking) return {};
  auto ended = wait_for_end(connection, limits);
  return !ended && ended.error().code == Errc::refused ? Status{} : ended;
}

}  // namespace

PoolMechanism pool_mechanism(const Variables& variables) {
  if (variables.contains("innodb_buffer_pool_size_max"))
    return {.kind = PoolMechanism::Kind::blocking,
            .granularity = Bytes::mib(1),
            .ceiling = as_bytes(number_of(variables, "innodb_buffer_pool_size_max", INT64_MAX))};
  const auto chunk = number_of(variables, "innodb_buffer_pool_chunk_size", 128 << 20);
  const auto instances = number_of(variables, "innodb_buffer_pool_instances", 1);
  return {.kind = PoolMechanism::Kind::background,
          .granularity = as_bytes(chunk * std::max<std::int64_t>(1, instances))};
}

Result<std::int64_t> read_variable(Connection& connection, const std::string& name) {
  const auto variables =
      connection.pairs(fmt::format("SHOW GLOBAL VARIABLES WHERE Variable_name = '{}'", name));
  if (!variables) return tl::unexpected(variables.error());
  const auto found = variables->find(name);
  const auto value = found == variables->end() ? std::nullopt : text::number<std::int64_t>(found->second);
  if (!value) return fail(Errc::unsupported, fmt::format("this server has no numeric variable {}", name));
  return *value;
}

Result<Bytes> resize_pool(Connection& connection, Bytes target, const CallLimits& limits) {
  const auto variables = connection.pairs("SHOW GLOBAL VARIABLES LIKE 'innodb_buffer_pool%'");
  if (!variables) return tl::unexpected(variables.error());
  const auto mechanism = pool_mechanism(*variables);
  const bool blocking = mechanism.kind == PoolMechanism::Kind::blocking;
  if (auto free = wait_for_earlier(connection, mechanism.kind, limits); !free)
    return tl::unexpected(free.error());
  auto current = read_pool(connection);
  while (current && !limits.expired()) {
    const auto next = next_pool_size(*current, target, mechanism);
    if (next == *current) break;
    const auto before = *current;
    const auto set = set_pool(connection, next, mechanism.kind, limits);
    if (!set && set.error().code != Errc::timeout) return tl::unexpected(set.error());
    // The variable shows where it goes, not where it is.
    if (!set && !blocking) return before;
    current = read_pool(connection);
    // A grow that the server cut to its own ceiling says so by the value alone.
    if (set && current && *current == before) break;
    if (set && next > before) break;
    limits.clock.sleep_for(set ? Duration{pause_between_steps} : Duration{pause_after_refusal});
  }
  return current;
}

}  // namespace dynascale::mariadb
