<?php
// install.php SITE OUT: sets the site up, with a user of each role; writes their application passwords to OUT.
define('WP_INSTALLING', true);
$_SERVER += ['SERVER_PROTOCOL' => 'HTTP/1.1', 'REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/'];
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
add_filter('pre_wp_mail', '__return_true');
wp_install('Testkommune', 'admin', 'admin@example.test', true, '', bin2hex(random_bytes(9)));
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules(false);
$passwords = [];
foreach (['editor', 'author', 'contributor'] as $role) {
    $user = wp_insert_user(['user_login' => "v-$role", 'user_pass' => bin2hex(random_bytes(9)), 'user_email' => "$role@example.test",
                            'display_name' => "Testkommune $role", 'role' => $role]);
    [$password] = WP_Application_Passwords::create_new_application_password($user, ['name' => 'crisis']);
    $passwords[$role] = WP_Application_Passwords::chunk_password($password);
}
file_put_contents($argv[2], json_encode(['passwords' => $passwords, 'category' => wp_create_category('Varsel')]));
