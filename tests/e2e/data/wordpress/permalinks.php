<?php
// permalinks.php SITE STRUCTURE: how the site makes its addresses; none without permalinks.
$_SERVER += ['SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/'];
require $argv[1] . '/wp-load.php';
update_option('permalink_structure', $argv[2]);
flush_rewrite_rules(false);
