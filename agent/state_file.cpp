#include "agent/state_file.hpp"

#include "runtime/text.hpp"

namespace dynascale::agent {

OwnChanges load_own_changes(const Files& files, const std::string& path, Log& log) {
  if (path.empty() || !files.exists(path)) return {};
  const auto text = files.read(path, OwnChanges::max_text);
  auto known = text ? OwnChanges::parse(*text) : Result<OwnChanges>{tl::unexpected(text.error())};
  if (known) return std::move(*known);
  log.warning("the state of before is not used; the agent starts afresh",
              {{"file", path}, {"error", known.error().what}});
  return {};
}

std::string requests_file(const std::string& state_file) {
  return state_file.empty() ? std::string{} : state_file + ".requests";
}

RequestBook load_requests(RequestLimits limits, const std::string& state_file, const Files& files,
                          Instant now, Log& log) {
  RequestBook book{limits};
  const auto path = requests_file(state_file);
  if (path.empty() || !files.exists(path)) return book;
  const auto text = files.read(path, RequestBook::max_text);
  const auto restored =
      text ? book.restore(*text, boot_id(files), now) : Status{tl::unexpected(text.error())};
  if (!restored)
    log.warning("the requests of before are not used; ask again",
                {{"file", path}, {"error", restored.error().what}});
  return book;
}

std::string boot_id(const Files& files) {
  const auto boot = files.read("/proc/sys/kernel/random/boot_id");
  return boot ? std::string{text::trim(*boot)} : std::string{};
}

RetunerOptions retuner_options(Ratio dead_band, DriftRule drift, const std::string& state_file, Keep keep,
                               const Files& files, Log& log) {
  RetunerOptions options;
  options.dead_band = dead_band;
  options.drift = drift;
  options.boot = boot_id(files);
  options.known = load_own_changes(files, state_file, log);
  if (keep == Keep::yes && !state_file.empty())
    options.save = [&files, state_file](const std::string& text) { return files.replace(state_file, text); };
  return options;
}

}  // namespace dynascale::agent
