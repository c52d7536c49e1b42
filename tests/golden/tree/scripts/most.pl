print "@ARGV\n";
