#include "check/syntax/words.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace dynascale::check {
namespace {

using Set = std::unordered_set<std::string_view>;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool any_word(std::string_view name, const Set& set) {
  const auto words = words_of(name);
  return std::any_of(words.begin(), words.end(), [&](const auto& word) { return set.contains(word); });
}

bool edge_word(std::string_view name, const Set& first, const Set& last) {
  const auto words = words_of(name);
  return !words.empty() && (first.contains(words.front()) || last.contains(words.back()));
}

const Set reporting{
    "log",      "logger",   "logf",     "logln",     "print",   "printf",  "println",  "fprintf",
    "snprintf", "sprintf",  "format",   "debug",     "info",    "warn",    "warning",  "error",
    "trace",    "fatal",    "puts",     "echo",      "write",   "writeln", "console",  "metric",
    "metrics",  "gauge",    "report",   "assert",    "expect",  "display", "emit",     "field",
    "say",      "panic",    "itoa",     "dump",      "errorf",  "infof",   "debugf",   "warnf",
    "fatalf",   "tostring", "describe", "verbose",   "message", "msg",     "eprintln", "eprint",
    "logging",  "stdout",   "stderr",   "exception", "throw",   "raise",   "require",  "equal",
    "equals",   "should",   "json",     "serialize", "header",  "tag",     "label",    "histogram",
    "vprintf",  "critical", "notice",   "perror",    "syslog",  "die",     "exit",     "jsonify"};
const Set arithmetic{"min",     "max",     "floor",  "ceil",     "round",  "int",     "integer", "number",
                     "parse",   "abs",     "clamp",  "cast",     "range",  "uint",    "uint32",  "uint64",
                     "int32",   "int64",   "usize",  "long",     "env",    "getenv",  "environ", "property",
                     "log2",    "sqrt",    "pow",    "optional", "some",   "ok",      "default", "unsigned",
                     "float",   "float64", "double", "str",      "string", "ternary", "u32",     "u64",
                     "i32",     "i64",     "option", "math",     "value",  "or",      "if",      "coalesce",
                     "nonnull", "size",    "keys",   "object",   "array",  "len",     "length"};
const Set formatting{"sprintf", "sprint", "format", "concat", "join"};
const Set conversion{"valueof", "tostring", "itoa", "formatint", "str", "to_string", "to_s", "string", "formatuint"};
const Set environment{"env", "getenv", "environ", "property", "getproperty"};
const Set measure{"load",  "loadavg", "free",   "used",    "usage",  "avail",   "available", "percent",
                  "rss",   "active",  "freemem", "average", "elapsed", "cputime", "busy"};
const Set setter{"set", "put", "setenv", "property", "option", "configure", "with", "setting"};
const Set sizing{"pool",    "poolsize",    "worker",      "workers",   "thread",
                 "threads", "concurrency", "parallelism", "processes", "conns"};
const Set query_first{"get", "is", "has", "compute", "calculate", "calc", "determine", "detect", "count", "guess"};
const Set pool{"pool",       "pools",      "executor",    "executors",   "worker",    "workers",
               "thread",     "threads",    "concurrency", "parallelism", "parallel",  "fork",
               "scheduler",  "schedulers", "server",      "semaphore",   "spawn",     "shards",
               "cluster",    "instances",  "nthreads",    "nworkers",    "processes", "procs",
               "reactor",    "loops",      "concurrent",  "limiter",     "prefork",   "nprocs",
               "numworkers", "eventloop",  "multithread", "threadpool",  "listeners", "consumers",
               "arenas"};
const Set start_first{
    "main",     "init",   "initialize", "initialise", "setup",     "start",       "boot",      "bootstrap",
    "launch",   "create", "new",        "make",       "build",     "configure",   "config",    "default",
    "defaults", "run",    "open",       "load",       "register",  "install",     "construct", "constructor",
    "spawn",    "listen", "settings",   "parse",      "bind",      "initializer", "setting",   "startup",
    "begin",    "with",   "static",     "enable",      "fork",       "daemonize", "bootstrapper"};
const Set start_last{"init",       "main",    "setup",   "start",    "settings",    "defaults",
                     "initialize", "config",  "options", "startup",  "constructor", "create",
                     "new",        "workers", "pool",    "executor", "threads",     "boot",
                     "tune"};
const Set refresh{"refresh", "update",  "reload",  "poll",      "resize",    "rescale",
                  "tick",    "watch",   "monitor", "recompute", "rebalance", "adjust",
                  "sighup",  "changed", "change",  "hotplug",   "onchange"};
const Set information{
    "info",     "stat",    "stats",     "status", "metric",    "metrics",   "report",      "sysinfo",
    "describe", "dump",    "telemetry", "usage",  "snapshot",  "version",   "diagnostics", "diagnostic",
    "profile",  "about",   "show",      "print",  "log",       "system",    "host",        "environment",
    "summary",  "collect", "display",   "bench",  "benchmark", "speedtest", "property",    "properties"};
const Set query_word{"cpu",       "cpus",        "core",       "cores",   "hardware",
                     "available", "processor",   "processors", "nproc",   "ncpu",
                     "ncpus",     "nprocessors", "physical",   "logical", "online"};
const Set handler{"handle", "handler", "handles", "request", "query",   "on",      "get",  "post",   "put",
                  "delete", "call",    "fetch",   "execute", "compute", "process", "read", "search", "find"};

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      flush();
      continue;
    }
    const bool hump = is_upper(c) && i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    const bool acronym_end =
        is_upper(c) && i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
    if (hump || acronym_end) flush();
    word.push_back(is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c);
  }
  flush();
  return words;
}

std::string_view last_component(std::string_view qualified) {
  const auto end = qualified.find_last_of(".:>\\/ ");
  return end == std::string_view::npos ? qualified : qualified.substr(end + 1);
}

bool says_mathematics(std::string_view callee) {
  const auto words = words_of(callee.substr(0, callee.find_first_of("(")));
  static const Set libraries{"math", "std", "np", "numpy"};
  static const Set logarithms{"log", "log2", "log10", "log1p"};
  return words.size() == 2 && libraries.contains(words.front()) && logarithms.contains(words.back());
}

bool says_reporting(std::string_view callee) {
  if (says_mathematics(callee)) return false;
  if (any_word(last_component(callee), reporting)) return true;
  const auto words = words_of(callee.substr(0, callee.find_first_of("(")));
  return !words.empty() &&
         (words.front() == "fmt" || words.front() == "console" || words.front() == "logger" ||
          words.front() == "log" || words.front() == "logging" || words.front() == "zap");
}

bool says_formatting(std::string_view callee) {
  auto name = std::string{last_component(callee)};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return formatting.contains(name);
}

bool says_conversion(std::string_view callee) {
  auto name = std::string{last_component(callee)};
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return conversion.contains(name);
}

bool says_environment(std::string_view callee) {
  const auto last = last_component(callee);
  return any_word(callee, environment) && last.substr(0, 3) != "set" && last.substr(0, 3) != "put";
}

bool says_measure(std::string_view text) {
  return any_word(text, measure);
}

bool says_setter(std::string_view callee) {
  const auto words = words_of(callee);
  return !words.empty() && setter.contains(words.front());
}

bool says_sizing(std::string_view text) {
  return any_word(text, sizing);
}

bool says_arithmetic(std::string_view callee) {
  if (says_mathematics(callee)) return true;
  if (any_word(last_component(callee), arithmetic)) return !says_pool(last_component(callee));
  const auto words = words_of(callee);
  return !words.empty() && words.front() == "env";
}

bool says_pool(std::string_view name) {
  return any_word(name, pool);
}
bool says_startup(std::string_view function) {
  const auto words = words_of(function);
  if (!words.empty() && query_first.contains(words.front())) return false;
  return edge_word(function, start_first, start_last);
}
bool says_refresh(std::string_view function) {
  return any_word(function, refresh);
}
bool says_information(std::string_view name) {
  return any_word(name, information);
}
bool says_query(std::string_view function) {
  return any_word(function, query_word) && !says_startup(function);
}
bool names_query(std::string_view text) {
  return any_word(text, query_word);
}
bool says_handler(std::string_view function) {
  return edge_word(function, handler, handler);
}

}  // namespace dynascale::check
