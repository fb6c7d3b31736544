# The pictures of a report, as SVG on standard output, each after a line with its name. order-replay report puts its data
# before this script: $throughput (points lines), $latency (latencies lines, of so many requests), $outcomes, $stock,
# and the names of their rows and curves.
#
# gnuplot knows fixed colors only. Each of ours is a color that means nothing: 01 02 nn and 01 03 nn become variables of
# the page, which has one value for light and one for dark.
ink = '#010201'
grid = '#010202'
curve(n) = sprintf('#0103%02d', int(n) % 8)

set print '-'
set terminal svg size 760,320 dynamic font "system-ui,sans-serif,13" lw 1
set border 3 lc rgb ink
set tics nomirror out scale 0.5 textcolor rgb ink
set key above left horizontal textcolor rgb ink samplen 2 width 2
set grid ytics lc rgb grid lt 1 lw 0.5
set ylabel textcolor rgb ink offset 1,0
set decimalsign '.'
set format y '%.0f'
set xlabel 'seconds' textcolor rgb ink
set xrange [0:*]
set yrange [0:*]

if (points > 0) {
  print 'picture throughput'
  plot $throughput using 1:2 with lines lw 2 lc rgb curve(0) title 'pushed/s', \
       $throughput using 1:3 with lines lw 2 lc rgb curve(1) title 'results/s'
}

if (curves > 0) {
  print 'picture stock'
  plot for [i = 1:curves] $stock index i - 1 using 1:2 with steps lw 2 lc rgb curve(i - 1) title curve_name[i] noenhanced
}

unset key
unset xlabel

if (latencies > 0) {
  print 'picture latency'
  set logscale xy 10
  set format y '%g ms'
  set grid xtics ytics
  # Of so many requests one is slower.
  set xtics ('0%%' 1, '50%%' 2, '90%%' 10, '99%%' 100, '99.9%%' 1000, '99.99%%' 10000, '99.999%%' 100000, '99.9999%%' 1000000)
  set xrange [1:(requests > 10 ? requests : 10)]
  # Around a single value gnuplot finds no range of its own.
  if (latencies == 1) { set yrange [only / 10.0:only * 10] } else { set yrange [*:*] }
  set ytics 10
  set mytics 10
  plot $latency using 1:2 with lines lw 2 lc rgb curve(0) notitle
  unset logscale
  unset mytics
}

print 'picture outcomes'
unset grid
set grid xtics lc rgb grid lt 1 lw 0.5
set ytics () noenhanced scale 0
set xtics autofreq
set format x '%.0f'
set xrange [0:longest * 1.25]
set yrange [0.4:bars + 0.6]
do for [i = 1:bars] {
  row = bars + 1 - i
  set ytics add (bar_name[i] row)
  set label i bar_label[i] at bar[i], row offset 0.6,0 textcolor rgb ink noenhanced
}
plot for [i = 1:bars] '+' using (bar[i] / 2.0):(bars + 1 - i):(bar[i] / 2.0):(0.32) every ::0::0 \
     with boxxyerror fill solid 1 noborder lc rgb curve(bar_color[i]) notitle
