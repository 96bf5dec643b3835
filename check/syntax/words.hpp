#pragma once
/// What a name says, by the words it is made of.

#include <string>
#include <string_view>
#include <vector>

namespace dynascale::check {

/// "newFixedThreadPool" and "new_fixed_thread_pool" -> {"new", "fixed", "thread", "pool"}.
[[nodiscard]] std::vector<std::string> words_of(std::string_view name);

/// The last component of a qualified name: "os.cpu_count" -> "cpu_count".
[[nodiscard]] std::string_view last_component(std::string_view qualified);

[[nodiscard]] bool says_reporting(
    std::string_view callee);  ///< Logs, prints, formats, asserts, counts metrics.
[[nodiscard]] bool says_formatting(std::string_view callee);  ///< Makes a text of its arguments and returns it.
[[nodiscard]] bool says_conversion(std::string_view callee);   ///< str(n), String.valueOf(n).
[[nodiscard]] bool says_environment(std::string_view callee);  ///< Asks for a variable, with a default.
[[nodiscard]] bool says_measure(std::string_view text);        ///< Load, use, what is free.
[[nodiscard]] bool says_setter(std::string_view callee);      ///< set…, put…, with…: hands a named value over.
[[nodiscard]] bool says_sizing(std::string_view text);        ///< Mentions pools, workers, threads.
[[nodiscard]] bool says_arithmetic(std::string_view callee);  ///< min, max, casts, environment defaults.
[[nodiscard]] bool says_pool(std::string_view name);          ///< Pools, workers, threads, schedulers.
[[nodiscard]] bool says_startup(std::string_view function);   ///< main, init, New…, setup, ….
[[nodiscard]] bool says_refresh(std::string_view function);   ///< Asked again: refresh, poll, on_change, ….
[[nodiscard]] bool says_information(std::string_view name);   ///< Info, stats, version pages.
[[nodiscard]] bool says_query(std::string_view function);    ///< A wrapper that only answers "how many CPUs".
[[nodiscard]] bool names_query(std::string_view text);        ///< Mentions CPUs, cores, processors.
[[nodiscard]] bool says_handler(std::string_view function);  ///< Runs per request or per call.

}  // namespace dynascale::check
