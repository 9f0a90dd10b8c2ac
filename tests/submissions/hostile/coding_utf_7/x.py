# coding: utf-7
+AAo-x = 1
