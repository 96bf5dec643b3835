#pragma once
/// The keys of agent.toml that each adapter has in a section of its own; visited as those of keys.hpp.

#include "core/config/agent_config.hpp"
#include "core/config/bounds.hpp"

namespace dynascale::config {

template <class V>
void describe(V& v, PlainSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
}

template <class V>
void describe(V& v, GunicornSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("min_workers", c.min_workers, Between<unsigned>{1, 10000});
  v.value("max_workers", c.max_workers, Between<unsigned>{1, 10000});
  v.value("timeout", c.timeout, bounds::deadline);
  v.value("check_config", c.check_config);
}

template <class V>
void describe(V& v, DatabaseSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("host", c.host);
  v.value("port", c.port, Between<unsigned>{0, 65535});
  v.value("socket", c.socket);
  v.value("user", c.user);
  v.value("password_file", c.password_file);
  v.value("database", c.database);
  v.list("restart_windows", c.restart_windows);
}

template <class V>
void describe(V& v, ServerSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("socket", c.socket);
  v.value("user", c.user);
  v.value("password_file", c.password_file);
}

template <class V>
void describe(V& v, SocketSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("socket", c.socket);
}

template <class V>
void describe(V& v, ReloadSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("drop_in", c.drop_in);
  v.value("min_workers", c.min_workers, Between<unsigned>{1, 100000});
  v.value("max_workers", c.max_workers, Between<unsigned>{1, 100000});
}

template <class V>
void describe(V& v, ConsoleSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("user", c.user);
  v.value("password_file", c.password_file);
}

template <class V>
void describe(V& v, WorkerSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("min_workers", c.min_workers, Between<unsigned>{1, 10000});
  v.value("max_workers", c.max_workers, Between<unsigned>{1, 10000});
}

template <class V>
void describe(V& v, UwsgiSettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("min_workers", c.min_workers, Between<unsigned>{1, 10000});
  v.value("max_workers", c.max_workers, Between<unsigned>{1, 10000});
  v.value("stats", c.stats);
}

template <class V>
void describe(V& v, CelerySettings& c) {
  v.value("enabled", c.enabled);
  v.value("weight", c.weight, bounds::weight);
  v.value("min_workers", c.min_workers, Between<unsigned>{1, 10000});
  v.value("max_workers", c.max_workers, Between<unsigned>{1, 10000});
  v.list("command", c.command);
}

}  // namespace dynascale::config
