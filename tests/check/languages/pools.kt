package svc
class Pools(private val config: Config) {
    // expect: DSC101
    private val workers = Runtime.getRuntime().availableProcessors()
    // expect: DSC101
    private val pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors() * 2)
    companion object {
        // expect: DSC101
        val DEFAULT_PARALLELISM: Int = Runtime.getRuntime().availableProcessors()
        // expect: DSC101
        @JvmStatic val IO = Runtime.getRuntime().availableProcessors().coerceAtLeast(4)
    }
    init {
        // expect: DSC101
        val n = Runtime.getRuntime().availableProcessors()
        start(n)
    }
    fun prepare(): ExecutorService {
        // expect: DSC101
        val count = Runtime.getRuntime().availableProcessors()
        return Executors.newFixedThreadPool(count)
    }
    // expect: DSC101
    private val dispatcher by lazy { newFixedThreadPoolContext(Runtime.getRuntime().availableProcessors(), "w") }
    fun report() {
        // ok: DSC101
        logger.info("cpus ${Runtime.getRuntime().availableProcessors()}")
    }
    // ok: DSC101
    fun cpus(): Int = Runtime.getRuntime().availableProcessors()
    fun chunk(data: List<Int>): List<List<Int>> {
        // ok: DSC101
        val parts = Runtime.getRuntime().availableProcessors()
        return data.chunked(data.size / parts + 1)
    }
    fun watch() {
        while (true) {
            // ok: DSC101
            limit = Runtime.getRuntime().availableProcessors()
            Thread.sleep(1000)
        }
    }
    // expect: DSC103
    val group = NioEventLoopGroup()
    // ok: DSC101
    /** Uses Runtime.getRuntime().availableProcessors() threads. */
    fun doc() {}
    fun pin() {
        // expect: DSC201
        AffinityLock.acquireLock().use { run() }
    }
    // expect: DSC301
    val total = (ManagementFactory.getOperatingSystemMXBean() as OperatingSystemMXBean).totalPhysicalMemorySize
}
