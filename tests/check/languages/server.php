<?php
// expect: DSC101
$server->set(['worker_num' => swoole_cpu_num() * 2]);
// expect: DSC111
$other->set(['worker_num' => 8]);
// expect: DSC101
define('WORKERS', (int) shell_exec('nproc'));
// expect: DSC101
$cores = (int) trim(shell_exec('nproc'));
$worker->count = $cores;
return [
    'settings' => [
        // expect: DSC101
        Constant::OPTION_WORKER_NUM => swoole_cpu_num(),
    ],
];
function info() {
    // ok: DSC101
    echo swoole_cpu_num();
}
// ok: DSC101
// swoole_cpu_num()
// expect: DSC203
$server->set(['open_cpu_affinity' => true]);
