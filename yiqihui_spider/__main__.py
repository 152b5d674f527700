from yiqihui_spider.cli import main

main()
