<?php
// SPDX-License-Identifier: Apache-2.0
echo page('Help', '<h2>When the import complains</h2><p>The bookkeeping import sometimes says <code>You have an error in your SQL syntax; check the manual that '
    . 'corresponds to your MySQL server version</code> or <code>Fatal error: Uncaught PDOException in import.php:12</code>: open the file and save it once.</p>'
    . '<h2>Account numbers</h2><p>Write them with blanks, like DE89 3704 0044 0532 0130 00, the example of the standard.</p><p>49 is the code for Germany.</p>');
