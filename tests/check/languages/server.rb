require 'etc'
# expect: DSC101
WORKERS = Etc.nprocessors
# expect: DSC101
POOL = Concurrent::FixedThreadPool.new(Concurrent.processor_count)
class Server
  # expect: DSC101
  DEFAULTS = { workers: Etc.nprocessors }.freeze
  def initialize(options = {})
    # expect: DSC101
    @threads = options.fetch(:threads, Etc.nprocessors)
  end
  def default_workers
    # expect: DSC101
    ENV.fetch("WEB_CONCURRENCY") { Etc.nprocessors }.to_i
  end
  def info
    # ok: DSC101
    { cpus: Etc.nprocessors }
  end
  def log
    # ok: DSC101
    logger.info "cpus #{Etc.nprocessors}"
  end
end
# expect: DSC101
Etc.nprocessors.times { fork { work } }
# ok: DSC101
# Etc.nprocessors
# expect: DSC101
config.concurrency = Etc.nprocessors
# ok: DSC101
puts Etc.nprocessors
